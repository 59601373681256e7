// Judges a backup file before anybody relies on it: reads all of it and says what it is, or what is wrong with it. Touches no database.
import * as crypto from "node:crypto";
import * as fs from "node:fs/promises";
import { loadMigrations } from "../migrations/migration-files.ts";
import { type FileFlaw, FileFlawError, readArchive } from "./archive-file.ts";
import {
  type BackupFacts,
  type BackupTrailer,
  decodeHead,
  decodeTrailer,
  encodeMark,
  FORMAT,
  HEAD_BYTES_MAX,
  TRAILER_BYTES_MAX,
} from "./archive-text.ts";

export type BackupFlaw =
  | FileFlaw
  /** There is no such file, or it cannot be read. */
  | "missing"
  /** Written by a newer program, in a form that this one does not read. */
  | "format-newer"
  /** Of a database that stood at migrations this program does not have. */
  | "schema-newer";

/** `detail` is a sentence for people. */
export type Verdict = { ok: true; facts: BackupFacts } | { ok: false; reason: BackupFlaw; detail: string };

export interface VerifyOptions {
  /** The newest migration that may be in it; the newest of ./migrations unless told. */
  versionMax?: number;
  /** Hears how many bytes of the file have been read. */
  onProgress?: (bytes: number, ofBytes: number) => void;
}

export async function verifyBackup(file: string, options: VerifyOptions = {}): Promise<Verdict> {
  const handle = await fs.open(file).catch((error: Error) => error);
  if (handle instanceof Error) return { ok: false, reason: "missing", detail: `it cannot be read: ${handle.message}` };
  try {
    return await verifyHandle(handle, options);
  } finally {
    await handle.close();
  }
}

/** The same for a file that is open, and stays so. */
export async function verifyHandle(handle: fs.FileHandle, options: VerifyOptions = {}): Promise<Verdict> {
  const versionMax = options.versionMax ?? (await loadMigrations()).length;
  try {
    return judge(await readEnds(readArchive(handle, options.onProgress)), versionMax);
  } catch (error) {
    if (error instanceof FileFlawError) return { ok: false, reason: error.flaw, detail: error.message };
    throw error;
  }
}

interface Ends {
  head: string;
  /** The last line, without its line feed. Null where the text does not end with a line feed. */
  last: string | null;
  /** Of everything before the last line. */
  sha256: string;
}

async function readEnds(text: AsyncIterable<Buffer>): Promise<Ends> {
  const hash = crypto.createHash("sha256");
  const begun = encodeMark("before");
  let head = "";
  let isHead = true;
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of text) {
    if (isHead) {
      head += chunk.toString("utf8", 0, HEAD_BYTES_MAX);
      isHead = head.length < HEAD_BYTES_MAX && !head.includes(begun);
    }
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const spare = held.length - TRAILER_BYTES_MAX;
    if (spare <= 0) continue;
    hash.update(held.subarray(0, spare));
    held = held.subarray(spare);
  }
  const lastBegin = held.lastIndexOf("\n", -2) + 1;
  hash.update(held.subarray(0, lastBegin));
  const last = held.at(-1) === 10 ? held.toString("utf8", lastBegin, held.length - 1) : null;
  return { head, last, sha256: hash.digest("hex") };
}

function judge(ends: Ends, versionMax: number): Verdict {
  const decoded = decodeHead(ends.head);
  if (!decoded.ok) {
    if (decoded.format === null || decoded.format <= FORMAT) return noBackup("its first lines are not a backup's");
    const detail = `it has format ${decoded.format}, and this program reads ${FORMAT}: use the newer program`;
    return { ok: false, reason: "format-newer", detail };
  }
  const trailer: BackupTrailer | null = ends.last === null ? null : decodeTrailer(ends.last);
  if (trailer === null) return { ok: false, reason: "truncated", detail: "its last line is not a backup's" };
  if (trailer.sha256 !== ends.sha256) {
    return { ok: false, reason: "altered", detail: "its text is not the one that was written" };
  }
  const { head } = decoded;
  if (head.version > versionMax) {
    const detail = `its database stood at migration ${head.version}, and this program knows ${versionMax}: use the newer program`;
    return { ok: false, reason: "schema-newer", detail };
  }
  return { ok: true, facts: { ...head, ...trailer } };
}

function noBackup(detail: string): Verdict {
  return { ok: false, reason: "not-a-backup", detail };
}
