// Owns what came of suites in all runs, a line each in history.jsonl: many runs may write at once, a line that was torn by a crash or a full
// disk is passed over, and what is old goes. It leaves what the numbers mean to statistics.ts and flakiness.ts.
import * as fs from "node:fs";
import * as path from "node:path";
import type { Outcome } from "../steps/events.ts";
import { createStateError, listFiles, readCode } from "./state-folder.ts";

export interface HistoryEntry {
  /** Milliseconds since 1970, when it ended. */
  at: number;
  runId: string;
  suite: string;
  board: string;
  mac: string;
  isVirtual: boolean;
  attempt: number;
  outcome: Outcome;
  durationMs: number;
  failure?: { message: string; code?: string };
}

export interface HistoryTools {
  /** The state folder. */
  folder: string;
  now(): number;
  /** Tests take less. */
  bytesMax?: number;
}

export interface History {
  /** @throws HilError "state-folder-unusable" */
  append(entry: HistoryEntry): void;
  /** The oldest first. `torn`: lines that could not be read. */
  read(): { entries: HistoryEntry[]; torn: number };
}

const NAME = "history.jsonl";
const BYTES_MAX = 8_000_000;
/** Beside the one that is written. */
const KEPT = 3;
const MESSAGE_CHARS_MAX = 500;

export function openHistory({ folder, now, bytesMax = BYTES_MAX }: HistoryTools): History {
  const file = path.join(folder, NAME);
  return {
    append(entry) {
      try {
        fs.mkdirSync(folder, { recursive: true });
        rotate(folder, file, bytesMax, now());
        fs.appendFileSync(file, `${endsTorn(file) ? "\n" : ""}${JSON.stringify(shorten(entry))}\n`);
      } catch (thrown) {
        throw createStateError("The history of results cannot be kept", file, thrown);
      }
    },
    read() {
      const texts = [...listOld(folder).map((name) => path.join(folder, name)), file].map(readText);
      const lines = texts.flatMap((text) => text.split("\n")).filter((line) => line !== "");
      const entries = lines.map(readEntry).filter((entry) => entry !== undefined);
      return { entries: entries.sort((a, b) => a.at - b.at), torn: lines.length - entries.length };
    },
  };
}

/** A new name each, so that two who rotate at once lose nothing. */
function rotate(folder: string, file: string, bytesMax: number, now: number): void {
  if (sizeOf(file) < bytesMax) return;
  fs.renameSync(file, path.join(folder, `history-${String(now).padStart(15, "0")}-${process.pid}.jsonl`));
  for (const name of listOld(folder).slice(0, -KEPT)) fs.rmSync(path.join(folder, name), { force: true });
}

function listOld(folder: string): string[] {
  return listFiles(folder)
    .filter((name) => /^history-\d{15}-\d+\.jsonl$/.test(name))
    .sort();
}

function sizeOf(file: string): number {
  return fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** The last line has no end: whoever wrote it was cut off. */
function endsTorn(file: string): boolean {
  const size = sizeOf(file);
  if (size === 0) return false;
  const handle = fs.openSync(file, "r");
  try {
    const last = Buffer.alloc(1);
    fs.readSync(handle, last, 0, 1, size - 1);
    return last[0] !== 0x0a;
  } finally {
    fs.closeSync(handle);
  }
}

function readText(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (thrown) {
    if (readCode(thrown) === "ENOENT") return "";
    throw createStateError("The history of results cannot be read", file, thrown);
  }
}

function shorten(entry: HistoryEntry): HistoryEntry {
  if (entry.failure === undefined) return entry;
  return { ...entry, failure: { ...entry.failure, message: entry.failure.message.slice(0, MESSAGE_CHARS_MAX) } };
}

const OUTCOMES: readonly string[] = ["passed", "marginal", "failed", "skipped", "broken", "interrupted"];

function readEntry(line: string): HistoryEntry | undefined {
  try {
    const entry = JSON.parse(line) as Partial<HistoryEntry> | null;
    if (typeof entry !== "object" || entry === null) return undefined;
    const { at, suite, board, mac, outcome } = entry;
    const isRight =
      typeof at === "number" && typeof suite === "string" && typeof board === "string" && typeof mac === "string";
    if (!isRight || typeof outcome !== "string" || !OUTCOMES.includes(outcome)) return undefined;
    return { runId: "", isVirtual: false, attempt: 1, durationMs: 0, ...entry, at, suite, board, mac, outcome };
  } catch {
    return undefined;
  }
}
