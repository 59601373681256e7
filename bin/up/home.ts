// Owns the folder `.trapline`: who runs from it (one at a time), the secrets of this installation, where each part keeps its data.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Something about the folder that a person must settle. */
export class HomeError extends Error {
  readonly code: "not-writable" | "in-use" | "damaged";
  constructor(code: HomeError["code"], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

export interface Secrets {
  /** Lets a flashing host register identities. */
  factoryToken: string;
  /** 32 bytes in hexadecimal: seals the device keys in the database. */
  sealKey: string;
  /** The account of the story. */
  email: string;
  password: string;
  /** Identity of the simulated trap. */
  trap: { serialNumber: string; macAddress: string; key: string };
}

export interface Home {
  dir: string;
  secrets: Secrets;
  database: string;
  firmware: string;
  simulator: string;
  /** Let the next one in. */
  release(): void;
}

const LOCK_FILE = "up.pid";
const NOT_WRITABLE = ["EACCES", "EROFS", "EPERM", "ENOENT", "ENOTDIR", "EEXIST"];

function madeSecrets(): Secrets {
  const mac = randomBytes(3).toString("hex");
  const pairs = mac.match(/../g) ?? [];
  return {
    factoryToken: randomBytes(32).toString("base64url"),
    sealKey: randomBytes(32).toString("hex"),
    email: "you@trapline.example",
    password: randomBytes(12).toString("base64url"),
    trap: {
      serialNumber: `TL-${randomBytes(4).toString("hex").toUpperCase()}`,
      macAddress: ["24", "0a", "c4", ...pairs].join(":"),
      key: randomBytes(32).toString("hex"),
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, but belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Numbers of processes are used again; one that is no Node program is not the one that took the lock. */
function isNode(pid: number): boolean {
  const commandLine = `/proc/${pid}/cmdline`;
  return existsSync(commandLine) ? readFileSync(commandLine, "utf8").includes("node") : true;
}

/** The process that runs from the folder, as a living one has noted itself there; null for none. */
export function findProgram(dir: string): number | null {
  const file = join(dir, LOCK_FILE);
  const pid = existsSync(file) ? Number.parseInt(readFileSync(file, "utf8"), 10) : Number.NaN;
  return Number.isInteger(pid) && isAlive(pid) && isNode(pid) ? pid : null;
}

function takeLock(file: string): void {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(file, `${process.pid}\n`, { flag: "wx" });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const pid = Number.parseInt(readFileSync(file, "utf8"), 10);
    if (pid !== process.pid && isAlive(pid) && isNode(pid)) {
      throw new HomeError(
        "in-use",
        `Trapline is already running from this folder (process ${pid}). Stop it with Ctrl-C there or \`kill ${pid}\`, or run a second one with --data OTHER-FOLDER.`,
      );
    }
    rmSync(file, { force: true });
  }
  throw new HomeError("in-use", `Two starts raced for ${file}. Start again.`);
}

function readSecrets(file: string): Secrets {
  if (!existsSync(file)) {
    const made = madeSecrets();
    writeFileSync(file, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
    return made;
  }
  try {
    const read = JSON.parse(readFileSync(file, "utf8")) as Secrets;
    if (read.sealKey?.length === 64 && read.trap?.key?.length === 64) return read;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new HomeError(
    "damaged",
    `${file} cannot be read. It holds the key that seals the device keys: put it back from a copy, or remove the whole folder to begin anew.`,
  );
}

/**
 * Open the folder, make it if it is missing, keep others out until `release`.
 * @throws HomeError with what to do
 */
export function openHome(dir: string): Home {
  try {
    mkdirSync(dir, { recursive: true });
    const lock = join(dir, LOCK_FILE);
    takeLock(lock);
    try {
      return {
        dir,
        secrets: readSecrets(join(dir, "secrets.json")),
        database: join(dir, "postgres"),
        firmware: join(dir, "firmware"),
        simulator: join(dir, "simulator"),
        release: () => rmSync(lock, { force: true }),
      };
    } catch (error) {
      rmSync(lock, { force: true });
      throw error;
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (!code || !NOT_WRITABLE.includes(code)) throw error;
    throw new HomeError(
      "not-writable",
      `${dir} cannot be written by this user. Run as the owner of the checkout, or choose another place with --data FOLDER.`,
      error,
    );
  }
}
