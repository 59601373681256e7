// Owns the program pg_dump: whether one that fits is on this machine, and reading rows with it. PostgreSQL's own tool knows every
// type there will ever be; where none fits, copy-rows.ts reads them.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { promisify } from "node:util";
import type pg from "pg";
import { findBuild } from "../embedded/embedded-binaries.ts";
import { BackupError } from "./backup-error.ts";

export interface PgDump {
  file: string;
  /** `15.18`, `18.4` */
  version: string;
}

/** Where Debian keeps one folder per major version. */
const DEBIAN_FOLDER = "/usr/lib/postgresql";
const PROBE_TIMEOUT_MS = 10_000;
/** pg_dump queues for locks behind whoever waits for ours to end; it must give up, or both wait forever. */
const LOCK_WAIT_MS = 2_000;
const COMPLAINT_CHARS_MAX = 2_000;
const ARGUMENTS = [
  "--data-only",
  "--no-owner",
  "--no-privileges",
  "--schema=public",
  "--enable-row-security",
  "--encoding=UTF8",
  "--no-password",
  `--lock-wait-timeout=${LOCK_WAIT_MS}`,
];

/** The one nearest to the server's version, of those that know it. Null: none here. */
export async function findPgDump(serverMajor: number): Promise<PgDump | null> {
  const found: PgDump[] = [];
  for (const file of new Set(await listCandidates())) {
    const version = await readVersion(file);
    if (version !== null && Number.parseInt(version, 10) >= serverMajor) found.push({ file, version });
  }
  found.sort((a, b) => Number.parseInt(a.version, 10) - Number.parseInt(b.version, 10));
  return found[0] ?? null;
}

/** @throws BackupError `tool-failed` where the file is no pg_dump, or one older than the server. */
export async function getPgDump(file: string, serverMajor: number): Promise<PgDump> {
  const version = await readVersion(file);
  if (version === null)
    throw new BackupError("tool-failed", `${file} is no pg_dump that can be run`, { data: { file } });
  if (Number.parseInt(version, 10) >= serverMajor) return { file, version };
  throw new BackupError("tool-failed", `${file} is version ${version} and refuses a server of version ${serverMajor}`, {
    data: { file, version, serverMajor },
  });
}

/** Real programs before Debian's wrapper of that name on the search path. */
async function listCandidates(): Promise<string[]> {
  const majors = await fs.readdir(DEBIAN_FOLDER).catch(() => []);
  const build = await findBuild().catch(() => null);
  const onPath = await promisify(execFile)("sh", ["-c", "command -v pg_dump"]).catch(() => null);
  return [
    ...majors.map((major) => path.join(DEBIAN_FOLDER, major, "bin", "pg_dump")),
    ...(build === null ? [] : [path.join(build.native, "bin", "pg_dump")]),
    ...(onPath === null ? [] : [onPath.stdout.trim()]),
  ];
}

async function readVersion(file: string): Promise<string | null> {
  const answer = await promisify(execFile)(file, ["--version"], { env: LOCALE, timeout: PROBE_TIMEOUT_MS }).catch(
    () => null,
  );
  return /^pg_dump \(PostgreSQL\) (\d+[\d.]*)/.exec(answer?.stdout ?? "")?.[1] ?? null;
}

const LOCALE = { LC_ALL: "C" };

export interface DumpOptions {
  file: string;
  /** The connection whose server, database and account pg_dump is to use. */
  client: pg.Client;
  url: string;
  snapshotId: string;
  signal?: AbortSignal;
}

/**
 * What pg_dump writes: rows in COPY blocks, and much around them.
 * @throws BackupError `tool-failed`, at the end where it says so there
 */
export async function* runPgDump(options: DumpOptions): AsyncGenerator<Buffer> {
  const child = spawn(options.file, [...ARGUMENTS, `--snapshot=${options.snapshotId}`], {
    env: createEnvironment(options.client, options.url),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = () => void child.kill();
  options.signal?.addEventListener("abort", kill);
  const ending = watch(child);
  let whole = false;
  try {
    for await (const chunk of child.stdout) yield chunk;
    const complaint = await ending;
    if (complaint !== null) throw new BackupError("tool-failed", complaint, { data: { file: options.file } });
    whole = true;
  } finally {
    options.signal?.removeEventListener("abort", kill);
    if (!whole) child.kill();
    await ending;
  }
}

/** Resolves when the process is gone: null if all was well, else why not. */
function watch(child: ChildProcess): Promise<string | null> {
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-COMPLAINT_CHARS_MAX);
  });
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(`pg_dump could not be run: ${error.message}`));
    child.once("close", (code, signal) => {
      resolve(code === 0 ? null : `pg_dump ended with ${signal ?? `status ${code}`}: ${said.trim()}`);
    });
  });
}

/** libpq takes the password from its surroundings; on the command line every user of the machine could read it. */
function createEnvironment(client: pg.Client, url: string): NodeJS.ProcessEnv {
  return {
    ...LOCALE,
    PGHOST: client.host,
    PGPORT: String(client.port),
    PGDATABASE: client.database,
    PGUSER: client.user,
    ...(client.password ? { PGPASSWORD: client.password } : {}),
    PGSSLMODE: readSslMode(url) ?? "disable",
    // The name of our own session, by which whoever breaks the backup off finds them all.
    PGAPPNAME: new URL(url).searchParams.get("application_name") ?? "trapline-owner",
    PGTZ: "UTC",
  };
}

/** Null: the address asks for no TLS. What this program and libpq mean by the other words differs, so `auto` leaves those alone. */
export function readSslMode(url: string): string | null {
  const settings = new URL(url).searchParams;
  const mode = settings.get("sslmode") ?? (settings.has("ssl") ? "require" : null);
  return mode === "disable" ? null : mode;
}
