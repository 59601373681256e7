// Owns the commands about quarantine: which boards runs leave out and why, put one there, lift it.
import { EXIT } from "../error.ts";
import { parseDuration, printDuration } from "../resources/durations.ts";
import { explainQuarantine } from "../resources/quarantine.ts";
import { checkReason, findBoard, openQuarantine } from "./board-desk.ts";
import type { CommandIo } from "./command-io.ts";
import { printTable } from "./print-table.ts";

type Io = Pick<CommandIo, "stateFolder" | "owner" | "now" | "write">;

export interface QuarantineAddOptions {
  board: string;
  bench?: string;
  reason: string;
  /** "3d"; a week unless told. */
  for?: string;
}

export interface QuarantineListOptions {
  json?: boolean;
}

export interface QuarantineLiftOptions {
  board: string;
  bench?: string;
}

const QUARANTINE_MS_MAX = 90 * 86_400_000;
const QUARANTINE_FOR = "7d";

export async function runQuarantineAdd(options: QuarantineAddOptions, io: Io): Promise<number> {
  const reason = checkReason(options.reason);
  const forMs = parseDuration(options.for ?? QUARANTINE_FOR, QUARANTINE_MS_MAX);
  const board = findBoard(options.board, options.bench, io);
  io.write(explainQuarantine(openQuarantine(io).add(board, { reason, forMs })));
  return EXIT.passed;
}

export async function runQuarantineList(options: QuarantineListOptions, io: Io): Promise<number> {
  const entries = openQuarantine(io).list();
  if (options.json) {
    io.write(JSON.stringify(entries));
    return EXIT.passed;
  }
  if (entries.length === 0) io.write("No board is in quarantine.");
  const head = ["BOARD", "MAC", "OWNER", "ENDS IN", "REASON"];
  const rows = entries.map(({ board, owner, until, reason }) => [
    board.name,
    board.mac,
    owner,
    printDuration(until - io.now()),
    reason,
  ]);
  if (rows.length > 0) for (const line of printTable(head, rows)) io.write(line);
  for (const { board, evidence } of entries) for (const line of evidence) io.write(`${board.name} | ${line}`);
  return EXIT.passed;
}

export async function runQuarantineLift(options: QuarantineLiftOptions, io: Io): Promise<number> {
  const board = findBoard(options.board, options.bench, io);
  const wasThere = openQuarantine(io).lift(board.mac);
  io.write(wasThere ? `Runs use ${board.name} again.` : `${board.name} was not in quarantine.`);
  return EXIT.passed;
}
