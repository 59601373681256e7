// Owns files of the state folder as several benches write them at once: whole or not at all, with words for a disk that is full or closed.
import * as fs from "node:fs";
import * as path from "node:path";
import { HilError } from "../error.ts";

const REASONS: Record<string, string> = {
  ENOSPC: "The disk is full: make room",
  EDQUOT: "Your quota is used up: make room",
  EACCES: "You may not write there: mend its rights",
  EPERM: "You may not write there: mend its rights",
  EROFS: "The disk is read-only: mount it for writing",
  ENOTDIR: "A file stands where a folder should: move it away",
};

/** @param what that could not be done: "The lease of anna cannot be kept" */
export function createStateError(what: string, file: string, thrown: unknown): HilError {
  const code = readCode(thrown);
  const next = (code && REASONS[code]) ?? (thrown instanceof Error ? `${thrown.message}: mend that` : String(thrown));
  const message = `${what} in ${file}. ${next}, or choose another folder for the bench's state.`;
  return new HilError("infrastructure", "state-folder-unusable", message, thrown);
}

export function readCode(thrown: unknown): string | undefined {
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** The old text, or the new one, whenever it is read. @throws what fs throws */
export function replaceFile(file: string, text: string, unique: string): void {
  const draft = `${file}.${unique}.draft`;
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(draft, text);
    fs.renameSync(draft, file);
  } catch (thrown) {
    fs.rmSync(draft, { force: true });
    throw thrown;
  }
}

/** @returns false if the file was there already; of several who try at once, one gets true @throws what fs throws */
export function createFile(file: string, text: string, unique: string): boolean {
  const draft = `${file}.${unique}.draft`;
  try {
    fs.writeFileSync(draft, text);
    // A link appears with all of its text, a file that is created does not.
    fs.linkSync(draft, file);
    return true;
  } catch (thrown) {
    const code = readCode(thrown);
    if (code === "EEXIST") return false;
    if (code === "EPERM" || code === "ENOTSUP" || code === "EOPNOTSUPP") return createPlainly(file, text);
    throw thrown;
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

/** For file systems without links. */
function createPlainly(file: string, text: string): boolean {
  try {
    fs.writeFileSync(file, text, { flag: "wx" });
    return true;
  } catch (thrown) {
    if (readCode(thrown) === "EEXIST") return false;
    throw thrown;
  }
}

/** Undefined where there is none, or where it is no JSON. @throws what fs throws otherwise */
export function readJsonFile(file: string): unknown {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch (thrown) {
    if (thrown instanceof SyntaxError || readCode(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}

export function listFiles(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch (thrown) {
    if (readCode(thrown) === "ENOENT") return [];
    throw thrown;
  }
}

/** Of what belongs to a chip: its MAC without colons. */
export function toFileName(mac: string): string {
  return mac.toLowerCase().replaceAll(":", "");
}
