// Owns the commands about leases: who has which board, take one for a while, give it back, break someone else's.
import { EXIT } from "../error.ts";
import { parseDuration, printDuration } from "../resources/durations.ts";
import type { BoardLease } from "../resources/leases.ts";
import { checkReason, findBoard, openLeases } from "./board-desk.ts";
import type { CommandIo } from "./command-io.ts";
import { printTable } from "./print-table.ts";

type Io = Pick<CommandIo, "stateFolder" | "owner" | "now" | "write" | "writeError">;

export interface LeasesOptions {
  json?: boolean;
}

export interface LeaseOptions {
  /** Name or MAC. */
  board: string;
  /** Path of the bench file that knows the name. */
  bench?: string;
  /** "2h". */
  for: string;
  reason: string;
}

export interface ReleaseLeaseOptions {
  board: string;
  bench?: string;
}

export interface BreakLeaseOptions {
  board: string;
  bench?: string;
  reason: string;
}

/** Whoever needs a board for longer takes it off the bench. */
export const LEASE_MS_MAX = 7 * 86_400_000;

export async function runLeases(options: LeasesOptions, io: Io): Promise<number> {
  const leases = openLeases(io).list();
  if (options.json) io.write(JSON.stringify(leases));
  else if (leases.length === 0) io.write("No board is leased.");
  else
    for (const line of printTable(
      ["BOARD", "MAC", "STATE", "OWNER", "FOR", "REASON"],
      leases.flatMap((lease) => printLease(lease, io.now())),
    ))
      io.write(line);
  return EXIT.passed;
}

function printLease({ board, use, reservation }: BoardLease, now: number): string[][] {
  const rows: string[][] = [];
  if (use)
    rows.push([
      board.name,
      board.mac,
      "in use",
      `${use.owner} (${use.pid})`,
      printDuration(now - use.since),
      use.reason,
    ]);
  if (reservation)
    rows.push([
      board.name,
      board.mac,
      "reserved",
      reservation.owner,
      `${printDuration(reservation.until - now)} more`,
      reservation.reason,
    ]);
  return rows;
}

export async function runLease(options: LeaseOptions, io: Io): Promise<number> {
  const reason = checkReason(options.reason);
  const forMs = parseDuration(options.for, LEASE_MS_MAX);
  const board = findBoard(options.board, options.bench, io);
  const remarks = openLeases(io).reserve(board, forMs, reason);
  for (const remark of remarks) io.writeError(remark);
  io.write(
    `${board.name} (${board.mac}) is yours for ${printDuration(forMs)}. Give it back earlier: npm run hil -- release-lease ${board.name}`,
  );
  return EXIT.passed;
}

export async function runReleaseLease(options: ReleaseLeaseOptions, io: Io): Promise<number> {
  const board = findBoard(options.board, options.bench, io);
  openLeases(io).release(board);
  io.write(`${board.name} is free again.`);
  return EXIT.passed;
}

export async function runBreakLease(options: BreakLeaseOptions, io: Io): Promise<number> {
  const reason = checkReason(options.reason);
  const board = findBoard(options.board, options.bench, io);
  const { use, reservation } = openLeases(io).break(board, reason);
  if (use)
    io.write(`The run of ${use.owner} (${use.reason}) hears of it within seconds and leaves ${board.name} alone.`);
  if (reservation)
    io.write(`The lease of ${reservation.owner} (${reservation.reason}) on ${board.name} is gone. Tell them.`);
  return EXIT.passed;
}
