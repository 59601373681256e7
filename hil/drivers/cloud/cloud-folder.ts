// Owns what the bench's own cloud keeps between runs: the secrets drawn once, for their owner alone, the ports that flashed boards know,
// and which benches run from the folder just now, so that the last of them puts the database out.
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HilError } from "../../error.ts";

export interface CloudSecrets {
  /** Lets the bench register identities. */
  factoryToken: string;
  /** 32 bytes in hexadecimal. */
  sealKey: string;
}

export interface CloudFolder {
  readonly path: string;
  readonly secrets: CloudSecrets;
  /** The port noted under this name; undefined before there was one. */
  findPort(name: string): number | undefined;
  notePort(name: string, port: number): void;
  /** This process is in. */
  enter(): void;
  /** It is out; true if no other living one is in. */
  leave(): boolean;
}

/** @throws HilError "cloud-folder-unusable" */
export function openCloudFolder(path: string): CloudFolder {
  try {
    mkdirSync(join(path, "benches"), { recursive: true, mode: 0o700 });
    const secrets = readSecrets(join(path, "secrets.json"));
    const own = join(path, "benches", String(process.pid));
    return {
      path,
      secrets,
      findPort: (name) => readPorts(path)[name],
      notePort: (name, port) => writeWhole(portsFile(path), { ...readPorts(path), [name]: port }),
      enter: () => writeFileSync(own, ""),
      leave() {
        rmSync(own, { force: true });
        return listOthers(join(path, "benches")).length === 0;
      },
    };
  } catch (error) {
    if (error instanceof HilError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw unusable(`${path} cannot be used (${why}). Make it writable, or choose another state folder.`, error);
  }
}

function unusable(message: string, cause?: unknown): HilError {
  return new HilError("infrastructure", "cloud-folder-unusable", message, cause);
}

function portsFile(path: string): string {
  return join(path, "ports.json");
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** A file of ports that cannot be read costs new ports, no more. */
function readPorts(path: string): Record<string, number> {
  const read = readJson(portsFile(path));
  if (typeof read !== "object" || read === null) return {};
  const entries = Object.entries(read).filter(([, port]) => Number.isInteger(port) && port > 0 && port < 65_536);
  return Object.fromEntries(entries);
}

function readSecrets(file: string): CloudSecrets {
  const read = readJson(file);
  if (read === undefined) {
    const drawn = { factoryToken: randomBytes(32).toString("base64url"), sealKey: randomBytes(32).toString("hex") };
    writeWhole(file, drawn);
    return drawn;
  }
  if (isSecrets(read)) return read;
  throw unusable(
    `${file} cannot be read. It holds the key that seals the device keys: put it back from a copy, or remove the folder around it to begin anew.`,
  );
}

function isSecrets(value: unknown): value is CloudSecrets {
  if (typeof value !== "object" || value === null) return false;
  const { factoryToken, sealKey } = value as Partial<Record<keyof CloudSecrets, unknown>>;
  return typeof factoryToken === "string" && factoryToken.length >= 16 && /^[0-9a-f]{64}$/.test(String(sealKey));
}

/** Never half a file under its name, and nobody else's to read. */
function writeWhole(file: string, value: object): void {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

function listOthers(folder: string): number[] {
  const noted = readdirSync(folder)
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid);
  return noted.filter((pid) => {
    if (isAlive(pid)) return true;
    rmSync(join(folder, String(pid)), { force: true });
    return false;
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
