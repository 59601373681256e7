// Owns boards that are not to be trusted for a while: by the chip's MAC, with reason, owner, expiry and what was seen. A run leaves them out
// and says why. It leaves who is ill to the health check and to people.
import * as fs from "node:fs";
import * as path from "node:path";
import type { LeasedBoard } from "./leases.ts";
import { createStateError, listFiles, readJsonFile, replaceFile, toFileName } from "./state-folder.ts";

export interface QuarantineEntry {
  board: LeasedBoard;
  reason: string;
  /** `user@host` who put it there, or whose run did. */
  owner: string;
  /** Milliseconds since 1970. */
  since: number;
  until: number;
  /** What was seen: last lines of a console, a failed step, a run's folder. */
  evidence: string[];
}

export interface QuarantineTools {
  /** `quarantine` of the state folder. */
  folder: string;
  owner: string;
  /** Milliseconds since 1970. */
  now(): number;
}

export interface Quarantine {
  /** Anew replaces what was there. @throws HilError "state-folder-unusable" */
  add(board: LeasedBoard, entry: { reason: string; forMs: number; evidence?: string[] }): QuarantineEntry;
  /** False if it was not there. */
  lift(mac: string): boolean;
  /** Those that have not run out, by name. */
  list(): QuarantineEntry[];
  find(mac: string): QuarantineEntry | undefined;
}

/** For a board that fails its health check, unless a person says otherwise: until somebody has had a look, a weekend included. */
export const HEALTH_QUARANTINE_MS = 72 * 3_600_000;

export function createQuarantine({ folder, owner, now }: QuarantineTools): Quarantine {
  const fileOf = (mac: string): string => path.join(folder, `${toFileName(mac)}.json`);

  function read(file: string): QuarantineEntry | undefined {
    const entry = readEntry(readJsonFile(file));
    return entry !== undefined && entry.until > now() ? entry : undefined;
  }

  return {
    add(board, { reason, forMs, evidence = [] }) {
      const entry = { board, reason, owner, since: now(), until: now() + forMs, evidence };
      try {
        replaceFile(fileOf(board.mac), `${JSON.stringify(entry, null, 2)}\n`, `${process.pid}`);
      } catch (thrown) {
        throw createStateError(`The quarantine of ${board.name} cannot be kept`, folder, thrown);
      }
      return entry;
    },
    lift(mac) {
      const wasThere = read(fileOf(mac)) !== undefined;
      try {
        fs.rmSync(fileOf(mac), { force: true });
      } catch (thrown) {
        throw createStateError(`The quarantine of ${mac} cannot be lifted`, folder, thrown);
      }
      return wasThere;
    },
    list() {
      return listFiles(folder)
        .filter((name) => /^[0-9a-f]{12}\.json$/.test(name))
        .map((name) => read(path.join(folder, name)))
        .filter((entry) => entry !== undefined)
        .sort((a, b) => a.board.name.localeCompare(b.board.name, "en", { numeric: true }));
    },
    find: (mac) => read(fileOf(mac)),
  };
}

function readEntry(read: unknown): QuarantineEntry | undefined {
  if (typeof read !== "object" || read === null) return undefined;
  const entry = read as QuarantineEntry;
  const isRight =
    typeof entry.board?.mac === "string" && typeof entry.reason === "string" && typeof entry.until === "number";
  return isRight ? { ...entry, evidence: Array.isArray(entry.evidence) ? entry.evidence : [] } : undefined;
}

/** For a run whose health check of a board failed. */
export function quarantineBoard(
  quarantine: Quarantine,
  board: LeasedBoard,
  failure: { reason: string; evidence: string[] },
): QuarantineEntry {
  return quarantine.add(board, { ...failure, forMs: HEALTH_QUARANTINE_MS });
}

/** Why a run leaves a board out, in words. */
export function explainQuarantine({ board, reason, owner, until }: QuarantineEntry): string {
  const end = new Date(until).toISOString().slice(0, 16).replace("T", " ");
  return `${board.name} is in quarantine until ${end} UTC by ${owner}: ${reason}. \`hil quarantine lift ${board.name}\` ends it.`;
}
