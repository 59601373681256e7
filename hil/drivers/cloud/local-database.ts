// Owns the database beneath the bench's own cloud: the embedded server in the bench's folder, by the program that serves it, or the one
// whose address was given, which is left alone. A server that an earlier bench left behind is found running and taken over.
import { readFileSync } from "node:fs";
import type { Clock } from "../../clock.ts";
import { HilError } from "../../error.ts";
import { runChild } from "../child/child-program.ts";

export interface LocalDatabase {
  url: string;
  /** Ends the server, if it is ours to end. */
  stop(): Promise<void>;
}

export interface LocalDatabaseOptions {
  root: string;
  /** Of the bench's cloud; the server keeps its data in a folder of it. */
  folder: string;
  /** Address of another PostgreSQL. */
  given: string | undefined;
  environment: NodeJS.ProcessEnv;
  clock: Clock;
}

/** The first start makes the data, on a busy machine. */
const START_MS_MAX = 90_000;
const STOP_MS_MAX = 30_000;

/** @throws HilError "database-not-started" */
export async function startLocalDatabase(options: LocalDatabaseOptions): Promise<LocalDatabase> {
  const { given } = options;
  if (given !== undefined) return { url: given, stop: async () => undefined };
  const lines = await runDatabase(options, "db:start", START_MS_MAX);
  const { port, passwordFile } = parseLast(lines);
  if (typeof port !== "number" || typeof passwordFile !== "string") {
    throw new HilError("infrastructure", "database-not-started", `db:start told no port: ${lines.at(-1) ?? "nothing"}`);
  }
  const password = encodeURIComponent(readFileSync(passwordFile, "utf8").trim());
  return {
    url: `postgres://trapline:${password}@127.0.0.1:${port}/trapline`,
    stop: async () => void (await runDatabase(options, "db:stop", STOP_MS_MAX)),
  };
}

async function runDatabase(options: LocalDatabaseOptions, command: string, withinMs: number): Promise<string[]> {
  const { DATABASE_URL: _other, ...environment } = options.environment;
  const words = ["bin/trapline.ts", command, "--data", options.folder, "--json"];
  try {
    return await runChild(
      { name: "the database", root: options.root, clock: options.clock, words, environment },
      withinMs,
    );
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const next = "The local cloud needs it; npm run db:status tells more.";
    throw new HilError("infrastructure", "database-not-started", `${command} failed: ${why}\n${next}`, error);
  }
}

function parseLast(lines: string[]): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(lines.at(-1) ?? "");
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}
