// Owns a server of the PostgreSQL that the machine's Debian packages bring, in a folder of its own: the oldest one we promise to work on
// (15), used as its tenants use a hosted one: by an ordinary owner, who is no superuser.
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { type Account, findAccount } from "../../cloud/db/embedded/embedded-account.ts";
import { clusterPath, dataArgument, SERVER_ENV, SUPERUSER } from "../../cloud/db/embedded/embedded-cluster.ts";
import { createServerUrl, startServer } from "../../cloud/db/embedded/embedded-server.ts";
import type { BareServer } from "./postgres-container.ts";
import { createServerFolder, keepUntilExit } from "./server-folder.ts";
import { skip } from "./suite.ts";

export interface DebianPostgres extends BareServer {
  /** As an ordinary role with CREATEDB and CREATEROLE, that owns nothing yet. */
  url: string;
  /** As superuser. */
  adminUrl: string;
  /** The major version. */
  major: number;
  /** Holds cluster/ and postgres.log. */
  dataDir: string;
}

const PROGRAMS = "/usr/lib/postgresql";
const WANTED_MAJOR = 15;
const OWNER = "house";
/** No secrets: the server listens on this machine for the length of a test. The second has every sign an address has a use for. */
const PASSWORD = "trapline";
const OWNER_PASSWORD = "a house: @50% & #1/2?";

/** The programs of the oldest version that is installed, 15 if it is. */
export function findDebianPostgres(): { bin: string; major: number } | null {
  const versions = fs.existsSync(PROGRAMS) ? fs.readdirSync(PROGRAMS).map(Number) : [];
  const [major] = versions
    .filter((one) => one >= WANTED_MAJOR && fs.existsSync(path.join(PROGRAMS, String(one), "bin", "postgres")))
    .sort((a, b) => a - b);
  return major === undefined ? null : { bin: path.join(PROGRAMS, String(major), "bin"), major };
}

/** Skips the suite where none is installed. Call it in `test.before`, and `stop()` in `test.after`. */
export async function startDebianPostgres(): Promise<DebianPostgres> {
  const found = findDebianPostgres();
  if (found === null) skip(`needs Debian's package postgresql (${PROGRAMS})`, "package");
  const binaries = {
    initdb: path.join(found.bin, "initdb"),
    postgres: path.join(found.bin, "postgres"),
    major: found.major,
  };
  const folder = await createServerFolder();
  try {
    const dataDir = path.join(folder, "db");
    const account = await findAccount(clusterPath(dataDir));
    await createCluster(folder, binaries.initdb, account);
    const server = await startServer({
      dataDir,
      port: undefined,
      durable: false,
      binaries,
      account,
      password: PASSWORD,
    });
    const stop = keepUntilExit(folder, server.pid);
    await server.client.query(
      `CREATE ROLE ${OWNER} LOGIN PASSWORD ${pg.escapeLiteral(OWNER_PASSWORD)} CREATEDB CREATEROLE`,
    );
    await server.client.end();
    const adminUrl = createServerUrl(server.port, PASSWORD);
    const url = new URL(adminUrl);
    url.username = OWNER;
    url.password = encodeURIComponent(OWNER_PASSWORD);
    const description = `Debian's PostgreSQL ${found.major}`;
    return { url: url.href, adminUrl, major: found.major, dataDir, description, stop };
  } catch (error) {
    fs.rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function createCluster(folder: string, initdb: string, account: Account | null): Promise<void> {
  const clusterDir = clusterPath(path.join(folder, "db"));
  const passwordFile = path.join(folder, "password");
  fs.mkdirSync(clusterDir, { recursive: true, mode: account === null ? 0o700 : 0o755 });
  fs.writeFileSync(passwordFile, PASSWORD, { mode: 0o600 });
  if (account !== null) {
    // initdb has to get to the file, and root to the folder.
    fs.chmodSync(folder, 0o711);
    for (const one of [clusterDir, passwordFile]) fs.chownSync(one, account.uid, account.gid);
  }
  await promisify(execFile)(initdb, listInitdbArguments(dataArgument(clusterDir, account), passwordFile), {
    cwd: clusterDir,
    env: SERVER_ENV,
    ...account,
  });
}

function listInitdbArguments(pgdata: string, passwordFile: string): string[] {
  return [
    `--pgdata=${pgdata}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C.UTF-8",
    "--no-instructions",
    "--no-sync",
  ];
}
