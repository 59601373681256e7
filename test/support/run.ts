// The program behind `npm test [-- filter ...] [--json]`: reads the command line, runs, cleans up, sets the exit code.
import * as path from "node:path";
import { inspect, parseArgs } from "node:util";
import { parseTestConfig } from "./config.ts";
import { type StartedServer, startTestServer } from "./postgres-server.ts";
import type { PostgresMessage } from "./report.ts";
import { runTests } from "./runner.ts";

const AT_ONCE = 2;
const FILE_LIMIT_MS = 90_000;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: { json: { type: "boolean" } }, allowPositionals: true });
  const interrupt = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interrupt.abort());
  const json = values.json ?? false;
  const postgres = createSharedPostgres((text) =>
    console.log(json ? JSON.stringify({ postgres: text }) : `PostgreSQL: ${text}`),
  );
  try {
    const summary = await runTests({
      root: path.resolve(import.meta.dirname, "../.."),
      filters: positionals,
      json,
      atOnce: AT_ONCE,
      fileLimitMs: FILE_LIMIT_MS,
      getPostgres: postgres.get,
      beforeSummary: postgres.stop,
      write: (line) => console.log(line),
      signal: interrupt.signal,
    });
    process.exitCode = summary.ok ? 0 : 1;
  } finally {
    await postgres.stop();
  }
}

/** Started when the first file asks, so that a run of pure tests does not pay for it. */
function createSharedPostgres(say: (text: string) => void) {
  let starting: Promise<StartedServer> | undefined;
  async function get(): Promise<PostgresMessage> {
    starting ??= startTestServer(parseTestConfig().databaseUrl).then((started) => {
      say(started.server.description);
      return started;
    });
    try {
      return { trapline: "postgres", server: (await starting).server };
    } catch (error) {
      return { trapline: "postgres", error: inspect(error) };
    }
  }
  async function stop(): Promise<void> {
    const ending = starting;
    starting = undefined;
    await (await ending?.catch(() => undefined))?.stop();
  }
  return { get, stop };
}

await main();
// Everything of ours is stopped; a container runtime that never answered may still hold a socket.
process.exit();
