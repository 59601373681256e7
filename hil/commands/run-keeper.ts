// Owns what a run takes and leaves beside its results: the leases of its boards, who is left out because of a quarantine, who is put there,
// and the lines of the history.
import type { RunFolder } from "../report/run-folder.ts";
import type { BoardResource } from "../resources/bench.ts";
import { openHistory } from "../resources/history.ts";
import type { HeldLease } from "../resources/leases.ts";
import { explainQuarantine, quarantineBoard } from "../resources/quarantine.ts";
import type { SuiteResult } from "../steps/engine.ts";
import type { BoardFacts, EventStream, Failure } from "../steps/events.ts";
import { openLeases, openQuarantine } from "./board-desk.ts";
import type { CommandIo } from "./command-io.ts";

export interface KeeperOptions {
  io: CommandIo;
  stream: EventStream;
  runId: string;
  folder: RunFolder;
  boards: BoardResource[];
  /** For whoever else wants the boards. */
  reason: string;
}

export interface Keeper {
  /** Why the board must not be used now; undefined if it may be. */
  findRefusal(board: BoardResource): string | undefined;
  /** @throws HilError "board-taken" */
  take(board: BoardResource): HeldLease;
  keep(result: SuiteResult): Promise<void>;
  quarantine(board: BoardFacts, failure: Failure): Promise<void>;
}

const EVIDENCE_LINES_MAX = 10;

export function createKeeper({ io, stream, runId, folder, boards, reason }: KeeperOptions): Keeper {
  const { stateFolder, now } = io;
  const leases = openLeases(io);
  const quarantine = openQuarantine(io);
  const history = openHistory({ folder: stateFolder, now });

  return {
    findRefusal({ mac }) {
      const entry = quarantine.find(mac);
      return entry && explainQuarantine(entry);
    },
    take({ mac, name }) {
      const lease = leases.take({ mac, name }, reason);
      for (const text of lease.remarks) stream.publish({ type: "remarked", board: name, level: "info", text });
      return lease;
    },
    async keep({ suite, board, attempt, outcome, durationMs, failure }) {
      const facts = boards.find(({ name }) => name === board);
      if (facts === undefined) throw new Error(`no board of this run is called ${board}`);
      const { mac, clock: isVirtual } = facts;
      history.append({
        ...{ at: now(), runId, suite, board, mac, isVirtual: isVirtual !== undefined, attempt, outcome, durationMs },
        ...(failure && { failure: { message: failure.message, ...(failure.code && { code: failure.code }) } }),
      });
    },
    // A virtual board is another chip the next time; only real ones are worth remembering.
    async quarantine({ mac, name, isVirtual }, failure) {
      if (isVirtual) return;
      const evidence = [`run ${runId}: ${folder.folder}`, ...(failure.lastSeen ?? []).slice(-EVIDENCE_LINES_MAX)];
      const entry = quarantineBoard(quarantine, { mac, name }, { reason: failure.message, evidence });
      stream.publish({ type: "remarked", board: name, level: "warn", text: explainQuarantine(entry) });
    },
  };
}
