// Owns the data folder of the embedded PostgreSQL: cluster/ (PostgreSQL's own), password (of its superuser, 0600) and
// postgres.log. It is made whole beside its place and then moved there, so that half of it is never found.
import { spawn } from "node:child_process";
import * as crypto from "node:crypto";
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { DbStartError } from "./db-start-error.ts";
import { type Account, listOpenFolders } from "./embedded-account.ts";
import type { Binaries } from "./embedded-binaries.ts";
import { isAlive } from "./postmaster.ts";

export const SUPERUSER = "trapline";

/** Nothing of our own surroundings leaks into the server; LC_ALL keeps its messages readable for programs. */
export const SERVER_ENV = { LC_ALL: "C", TZ: "UTC", PATH: "/usr/bin:/bin" };

/** One folder has one name, whichever way it was reached. */
export function resolveLinks(folder: string): Promise<string> {
  return fs.realpath(folder).catch(() => path.resolve(folder));
}

export function clusterPath(dataDir: string): string {
  return path.join(dataDir, "cluster");
}

/**
 * How PostgreSQL shall call its data folder. The server of root runs as another account, which may not be let through
 * the folders above (/root is closed); Linux lets a process reach its own working folder all the same.
 */
export function dataArgument(clusterDir: string, account: Account | null): string {
  return account !== null && process.platform === "linux" ? "/proc/self/cwd" : clusterDir;
}

/** True if the folder holds data of this version, false if there are none yet. @throws DbStartError `data-foreign`, `data-version` */
export async function hasCluster(dataDir: string, major: number): Promise<boolean> {
  const version = await fs.readFile(path.join(clusterPath(dataDir), "PG_VERSION"), "utf8").catch(() => null);
  if (version === null) {
    const found = await fs.readdir(dataDir).catch(() => []);
    if (found.length === 0) return false;
    throw new DbStartError(
      "data-foreign",
      `${dataDir} holds something that is not Trapline's database (${found.slice(0, 3).join(", ")}); ` +
        "choose another folder, or remove it if you do not need it",
      { data: { dataDir, found } },
    );
  }
  if (Number.parseInt(version, 10) === major) return true;
  throw new DbStartError(
    "data-version",
    `the data in ${dataDir} were written by PostgreSQL ${version.trim()}, and this is ${major}: move the folder away to begin ` +
      "anew, or go back to the version of Trapline that wrote them",
    { data: { dataDir, version: version.trim(), major } },
  );
}

export async function readPassword(dataDir: string): Promise<string> {
  const file = path.join(dataDir, "password");
  try {
    return (await fs.readFile(file, "utf8")).trim();
  } catch (cause) {
    throw new DbStartError(
      "data-owner",
      `the password of the database cannot be read from ${file}: start as the user that made it, restore the file, ` +
        "or remove the folder to begin anew",
      { data: { file }, cause },
    );
  }
}

/** Makes the data folder. Should another program do the same at the same time, one of the two is kept, whole. */
export async function createCluster(
  dataDir: string,
  binaries: Binaries,
  account: Account | null,
  durable: boolean,
): Promise<void> {
  const workDir = await createWorkDir(dataDir);
  try {
    await fs.mkdir(clusterPath(workDir), { mode: 0o700 });
    if (account !== null) await fs.chown(clusterPath(workDir), account.uid, account.gid);
    const password = crypto.randomBytes(24).toString("base64url");
    await fs.writeFile(path.join(workDir, "password"), `${password}\n`, { mode: 0o600 });
    await runInitdb(clusterPath(workDir), binaries, account, password, durable);
    await fs.rename(workDir, dataDir).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error; // the other program was first
    });
  } finally {
    await fs.rm(workDir, { recursive: true, force: true });
  }
}

async function createWorkDir(dataDir: string): Promise<string> {
  const workDir = `${dataDir}.new-${process.pid}`;
  try {
    await fs.mkdir(path.dirname(dataDir), { recursive: true });
    await removeHalfMade(dataDir);
    await fs.mkdir(workDir, { mode: 0o755 });
    return workDir;
  } catch (cause) {
    throw new DbStartError(
      "data-unreachable",
      `the folder ${path.dirname(dataDir)} for the database cannot be written to: start as a user who may, ` +
        "give that user the folder, or choose another one",
      { data: { dataDir }, cause },
    );
  }
}

/** What a killed program left behind. */
async function removeHalfMade(dataDir: string): Promise<void> {
  const folder = path.dirname(dataDir);
  const prefix = `${path.basename(dataDir)}.new-`;
  for (const name of await fs.readdir(folder)) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : Number.NaN;
    if (Number.isInteger(pid) && (pid === process.pid || !isAlive(pid))) {
      await fs.rm(path.join(folder, name), { recursive: true, force: true });
    }
  }
}

async function runInitdb(
  clusterDir: string,
  binaries: Binaries,
  account: Account | null,
  password: string,
  durable: boolean,
): Promise<void> {
  // initdb reads the password from a file, as the account it runs as: so the file lies where that account can go.
  const [folder = os.tmpdir()] = await listOpenFolders(account);
  const passwordDir = await fs.mkdtemp(path.join(folder, "trapline-initdb-"));
  const passwordFile = path.join(passwordDir, "password");
  try {
    await fs.writeFile(passwordFile, password, { mode: 0o600 });
    if (account !== null) {
      await fs.chown(passwordFile, account.uid, account.gid);
      await fs.chown(passwordDir, account.uid, account.gid);
    }
    await runProgram(
      binaries.initdb,
      [
        `--pgdata=${dataArgument(clusterDir, account)}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${passwordFile}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        // Of PostgreSQL itself, so that every machine sorts and folds case alike, whatever locales it has installed.
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
        ...(durable ? [] : ["--no-sync"]),
      ],
      clusterDir,
      account,
    );
  } finally {
    await fs.rm(passwordDir, { recursive: true, force: true });
  }
}

function runProgram(program: string, args: string[], cwd: string, account: Account | null): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = "";
    const child = spawn(program, args, { cwd, env: SERVER_ENV, stdio: ["ignore", "pipe", "pipe"], ...account });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    }
    const fail = (reason: string, cause?: unknown) =>
      reject(
        new DbStartError(
          "initdb-failed",
          `the database could not be created: ${reason}; set DATABASE_URL to use another server`,
          {
            data: { program, output: output.slice(-4_000) },
            cause,
          },
        ),
      );
    child.once("error", (error) => fail(error.message, error));
    child.once("close", (code, signal) => {
      if (code === 0) resolve();
      else
        fail(
          output
            .trim()
            .split("\n")
            .findLast((line) => /error|fatal|cannot|could not/i.test(line)) ?? `exit ${code ?? signal}`,
        );
    });
  });
}
