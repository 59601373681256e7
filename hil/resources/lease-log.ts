// Owns the state of one board's leases as a row of numbered files, of which the last one holds: a change is a new file with the next number,
// and a file is created once. So of several who change it at once, one does, and the others see what became of it before they try again
// [BENCH-2]. What the state means is leases.ts's.
import * as fs from "node:fs";
import * as path from "node:path";
import { createFile, listFiles, readJsonFile } from "./state-folder.ts";

export interface LeaseLog {
  read(): unknown;
  /**
   * Lets `change` make the next state of the last one, as often as someone else was first; undefined changes nothing.
   * @throws what `change` and fs throw
   */
  update(change: (state: unknown) => unknown): void;
}

/** Enough for everybody's renewals to fall together, and an end if the disk plays tricks. */
const TRIES_MAX = 200;
/** Whoever reads may be that many changes behind. */
const KEPT = 4;

/** `unique` names this process among all that share the folder. */
export function openLeaseLog(folder: string, unique: string): LeaseLog {
  return {
    read: () => readLast(folder).state,
    update(change) {
      fs.mkdirSync(folder, { recursive: true });
      for (let tries = 0; tries < TRIES_MAX; tries += 1) {
        const { number, state } = readLast(folder);
        const next = change(state);
        if (next === undefined) return;
        if (append(folder, number + 1, next, unique)) return;
      }
      throw new Error(`${TRIES_MAX} tries, and someone else was first each time`);
    },
  };
}

function readLast(folder: string): { number: number; state: unknown } {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const number = findLast(folder);
    if (number === 0) return { number, state: undefined };
    const file = path.join(folder, toName(number));
    const state = readJsonFile(file);
    // Others may have gone on, and taken it away, since the folder was read.
    if (state !== undefined || findLast(folder) === number) return { number, state };
  }
  return { number: 0, state: undefined };
}

function append(folder: string, number: number, state: unknown, unique: string): boolean {
  const file = path.join(folder, toName(number));
  if (!createFile(file, `${JSON.stringify(state)}\n`, unique)) return false;
  const last = findLast(folder);
  if (last > number) {
    // A number long past and taken away: nobody reads it.
    fs.rmSync(file, { force: true });
    return false;
  }
  for (const name of listFiles(folder)) {
    const other = toNumber(name);
    if (other > 0 && other <= number - KEPT) fs.rmSync(path.join(folder, name), { force: true });
  }
  return true;
}

function findLast(folder: string): number {
  return Math.max(0, ...listFiles(folder).map(toNumber));
}

function toName(number: number): string {
  return `${String(number).padStart(8, "0")}.json`;
}

/** 0 for what is no state. */
function toNumber(name: string): number {
  return /^\d{8}\.json$/.test(name) ? Number(name.slice(0, 8)) : 0;
}
