// The program behind `npm test [-- filter ...] [--json]`: reads the command line, runs, cleans up, sets the exit code.
import * as path from "node:path";
import { parseArgs } from "node:util";
import { runTests } from "./runner.ts";

const AT_ONCE = 2;
const FILE_LIMIT_MS = 90_000;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: { json: { type: "boolean" } }, allowPositionals: true });
  const interrupt = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interrupt.abort());
  const summary = await runTests({
    root: path.resolve(import.meta.dirname, "../.."),
    filters: positionals,
    json: values.json ?? false,
    atOnce: AT_ONCE,
    fileLimitMs: FILE_LIMIT_MS,
    getPostgres: async () => ({ trapline: "postgres", error: "no server yet" }),
    write: (line) => console.log(line),
    signal: interrupt.signal,
  });
  process.exitCode = summary.ok ? 0 : 1;
}

await main();
