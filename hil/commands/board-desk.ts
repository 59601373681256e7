// Owns what the commands about shared boards have in common: which board is meant by what was typed, and where leases and quarantine are.
import * as path from "node:path";
import { type Clock, createWallClock } from "../clock.ts";
import { HilError } from "../error.ts";
import { readBenchFile } from "../resources/bench-file.ts";
import { createLeases, type LeasedBoard, type Leases } from "../resources/leases.ts";
import { findNearest } from "../resources/nearest.ts";
import { createProcesses } from "../resources/processes.ts";
import { createQuarantine, type Quarantine } from "../resources/quarantine.ts";
import type { CommandIo } from "./command-io.ts";

type Io = Pick<CommandIo, "stateFolder" | "owner" | "now">;

/** Dates by the command's own time; timers by the machine's. */
export function createCommandClock(io: Pick<CommandIo, "now">): Clock {
  return { ...createWallClock(), date: () => new Date(io.now()) };
}

export function openLeases(io: Io): Leases {
  return createLeases({
    folder: path.join(io.stateFolder, "leases"),
    owner: io.owner,
    clock: createCommandClock(io),
    processes: createProcesses(),
  });
}

export function openQuarantine(io: Io): Quarantine {
  return createQuarantine({ folder: path.join(io.stateFolder, "quarantine"), owner: io.owner, now: () => io.now() });
}

/**
 * By MAC, by the name in the bench file, or by the name under which it is leased or in quarantine already.
 * @throws HilError "board-unknown", what a bench file throws
 */
export function findBoard(typed: string, bench: string | undefined, io: Io): LeasedBoard {
  const known = listKnown(bench, io);
  const mac = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(typed) ? typed.toLowerCase() : undefined;
  const found = known.find((board) => (mac === undefined ? board.name === typed : board.mac === mac));
  if (found !== undefined) return found;
  if (mac !== undefined) return { mac, name: mac };
  const nearest = findNearest(
    typed,
    known.map(({ name }) => name),
  );
  const meant = nearest === undefined ? "" : ` Did you mean ${nearest}?`;
  const where =
    bench === undefined
      ? "Name the bench file with --bench, or the board by its MAC."
      : `Its boards: ${known.map(({ name }) => name).join(", ") || "none"}.`;
  throw new HilError(
    "usage",
    "board-unknown",
    `No board is called "${typed}"${bench === undefined ? "" : ` on ${bench}`}.${meant} ${where}`,
  );
}

function listKnown(bench: string | undefined, io: Io): LeasedBoard[] {
  // Passwords are of no interest here.
  if (bench !== undefined)
    return readBenchFile({ path: bench, environment: undefined }).boards.map(({ mac, name }) => ({ mac, name }));
  return [...openLeases(io).list(), ...openQuarantine(io).list()].map(({ board }) => board);
}

/** @throws HilError "reason-missing" */
export function checkReason(reason: string): string {
  const trimmed = reason.trim();
  if (trimmed !== "") return trimmed;
  throw new HilError("usage", "reason-missing", 'Others want to know why: --reason "measuring the battery"');
}
