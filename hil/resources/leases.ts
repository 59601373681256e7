// Owns who may use a board now. A use is a run's: it is renewed while the run lives, and ends by itself soon after. A reservation is a
// person's: it keeps others' runs away for hours, and is told with its reason. Both are bound to the chip's MAC, both can be broken, with a
// reason that the one who loses it is told [BENCH-2].
import * as path from "node:path";
import type { Clock } from "../clock.ts";
import { HilError } from "../error.ts";
import { printDuration } from "./durations.ts";
import { type LeaseLog, openLeaseLog } from "./lease-log.ts";
import { createStateError, listFiles, toFileName } from "./state-folder.ts";

export interface LeasedBoard {
  /** Lower-case with colons. */
  mac: string;
  name: string;
}

export interface BoardUse {
  id: string;
  /** `user@host`. */
  owner: string;
  pid: number;
  /** Tells this process from a later one with the same number. */
  processStart?: string;
  reason: string;
  since: number;
  /** Milliseconds since 1970, as all times here. */
  until: number;
}

export interface Reservation {
  owner: string;
  reason: string;
  since: number;
  until: number;
}

export interface Break {
  id: string;
  by: string;
  reason: string;
  at: number;
}

export interface BoardLease {
  board: LeasedBoard;
  use?: BoardUse;
  reservation?: Reservation;
  /** The use that was broken last. */
  broken?: Break;
}

export interface LeaseTools {
  /** `leases` of the state folder. */
  folder: string;
  clock: Clock;
  /** `user@host`. */
  owner: string;
  processes: Processes;
}

/** What is known of processes of this machine. */
export interface Processes {
  readonly pid: number;
  /** Of a process that lives; undefined where the system does not tell. */
  findStart(pid: number): string | undefined;
  isAlive(pid: number): boolean;
}

export interface HeldLease {
  readonly board: LeasedBoard;
  /** That a dead one was taken over, for instance. */
  readonly remarks: readonly string[];
  /** Called once when it is lost: broken by someone, or not renewed in time. The run stops using the board then. */
  onLost(listen: (reason: HilError) => void): void;
  release(): void;
}

export interface Leases {
  /** For a run of this process. @throws HilError "board-taken", "state-folder-unusable" */
  take(board: LeasedBoard, reason: string): HeldLease;
  /** For a person; anew replaces their own. @throws HilError "board-taken" @returns what there is to say beside */
  reserve(board: LeasedBoard, forMs: number, reason: string): string[];
  /** Ends one's own reservation. @throws HilError "lease-not-yours" */
  release(board: LeasedBoard): void;
  /** Ends whatever there is, of anybody. @throws HilError "lease-missing" */
  break(board: LeasedBoard, reason: string): BoardLease;
  /** What holds now, of all boards. */
  list(): BoardLease[];
  find(mac: string): BoardLease | undefined;
}

/** A use that is not renewed ends after this. */
const USE_MS = 60_000;
/** How soon a run hears that it was broken. */
const RENEW_EVERY_MS = 5_000;
/** The one who was broken has so long to stop before another begins. */
const BREAK_GRACE_MS = 10_000;

class FileLeases implements Leases {
  readonly #tools: LeaseTools;
  #uses = 0;

  constructor(tools: LeaseTools) {
    this.#tools = tools;
  }

  take(board: LeasedBoard, reason: string): HeldLease {
    const { clock, owner, processes } = this.#tools;
    this.#uses += 1;
    const now = this.#now();
    const id = `${owner}/${processes.pid}/${now}/${this.#uses}`;
    const remarks: string[] = [];
    this.#update(board, (lease) => {
      remarks.length = 0;
      const { reservation, broken } = this.#sift(lease, remarks);
      this.#refuseTaken(board, lease, reservation);
      const processStart = processes.findStart(processes.pid);
      const use: BoardUse = { id, owner, pid: processes.pid, processStart, reason, since: now, until: now + USE_MS };
      return { board, use, reservation, broken };
    });
    return new RunningLease({
      board,
      id,
      remarks,
      clock,
      renew: () => this.#renew(board, id),
      end: () => this.#end(board, id),
    });
  }

  reserve(board: LeasedBoard, forMs: number, reason: string): string[] {
    const remarks: string[] = [];
    this.#update(board, (lease) => {
      remarks.length = 0;
      const { use, reservation, broken } = this.#sift(lease, remarks);
      if (reservation !== undefined && reservation.owner !== this.#tools.owner) throw this.#taken(board, reservation);
      if (use !== undefined && use.owner !== this.#tools.owner)
        remarks.push(`${board.name} is in use by ${use.owner} (${use.reason}) until that run ends.`);
      const since = this.#now();
      return { board, use, broken, reservation: { owner: this.#tools.owner, reason, since, until: since + forMs } };
    });
    return remarks;
  }

  release(board: LeasedBoard): void {
    this.#update(board, (lease) => {
      const { use, reservation, broken } = this.#sift(lease, []);
      if (reservation?.owner === this.#tools.owner) return { board, use, broken };
      const found = reservation === undefined ? "nobody has reserved it" : `${reservation.owner} has`;
      const message = `You have no lease on ${board.name}: ${found}. \`hil leases\` shows all; \`hil break-lease\` ends someone else's.`;
      throw new HilError("usage", "lease-not-yours", message);
    });
  }

  break(board: LeasedBoard, reason: string): BoardLease {
    let found: BoardLease | undefined;
    this.#update(board, (lease) => {
      const { use, reservation } = this.#sift(lease, []);
      if (use === undefined && reservation === undefined)
        throw new HilError("usage", "lease-missing", `There is no lease on ${board.name} to break.`);
      found = { board, use, reservation };
      const by = this.#tools.owner;
      return { board, ...(use && { broken: { id: use.id, by, reason, at: this.#now() } }) };
    });
    return found ?? { board };
  }

  list(): BoardLease[] {
    const names = listFiles(this.#tools.folder).filter((name) => /^[0-9a-f]{12}$/.test(name));
    return names
      .map((name) => this.find(name.replaceAll(/(..)(?!$)/g, "$1:")))
      .filter((lease) => lease !== undefined)
      .sort((a, b) => a.board.name.localeCompare(b.board.name, "en", { numeric: true }));
  }

  find(mac: string): BoardLease | undefined {
    const lease = readLease(this.#open(mac).read());
    if (lease === undefined) return undefined;
    const sifted = this.#sift(lease, []);
    return sifted.use || sifted.reservation ? sifted : undefined;
  }

  /** Without what has ended by itself; `remarks` tells of those who ended badly. */
  #sift(lease: BoardLease, remarks: string[]): BoardLease {
    const now = this.#now();
    const { use, reservation } = lease;
    const death = use && this.#findDeath(use, now);
    if (use && death) remarks.push(`Took over ${lease.board.name} from ${use.owner} (${use.reason}): ${death}.`);
    return {
      board: lease.board,
      use: death === undefined ? use : undefined,
      reservation: reservation && reservation.until > now ? reservation : undefined,
      broken: lease.broken,
    };
  }

  #findDeath(use: BoardUse, now: number): string | undefined {
    if (use.until <= now) return `it was not renewed for ${printDuration(now - use.until + USE_MS)}`;
    if (hostOf(use.owner) !== hostOf(this.#tools.owner)) return undefined;
    const { processes } = this.#tools;
    const isOther = use.processStart !== undefined && processes.findStart(use.pid) !== use.processStart;
    return processes.isAlive(use.pid) && !isOther ? undefined : `its process ${use.pid} is gone`;
  }

  #refuseTaken(board: LeasedBoard, lease: BoardLease, reservation: Reservation | undefined): void {
    const { use, broken } = this.#sift(lease, []);
    if (use !== undefined) throw this.#taken(board, use);
    if (reservation !== undefined && reservation.owner !== this.#tools.owner) throw this.#taken(board, reservation);
    const graceMs = broken === undefined ? 0 : broken.at + BREAK_GRACE_MS - this.#now();
    if (graceMs <= 0) return;
    const message = `${board.name} was taken from a run that needs a moment to stop: try again in ${printDuration(graceMs)}.`;
    throw new HilError("infrastructure", "board-taken", message);
  }

  #taken(board: LeasedBoard, by: BoardUse | Reservation): HilError {
    const leftMs = by.until - this.#now();
    const how =
      "pid" in by
        ? `is in use by ${by.owner}, process ${by.pid}`
        : `is reserved by ${by.owner} for another ${printDuration(leftMs)}`;
    const next = `Ask them, wait, or take it: npm run hil -- break-lease ${board.name} --reason "..."`;
    return new HilError("infrastructure", "board-taken", `${board.name} ${how} (${by.reason}). ${next}`);
  }

  /** @throws HilError "lease-lost" */
  #renew(board: LeasedBoard, id: string): void {
    this.#update(board, (lease) => {
      if (lease.use?.id !== id) throw createLost(board, id, lease);
      return { ...lease, use: { ...lease.use, until: this.#now() + USE_MS } };
    });
  }

  #end(board: LeasedBoard, id: string): void {
    this.#update(board, ({ use, reservation, broken }) => {
      if (use?.id === id) return { board, reservation };
      // Whoever waits for the broken one to stop need not wait any longer.
      return broken?.id === id ? { board, use, reservation } : undefined;
    });
  }

  #update(board: LeasedBoard, change: (lease: BoardLease) => BoardLease | undefined): void {
    try {
      this.#open(board.mac).update((state) => change(readLease(state) ?? { board }));
    } catch (thrown) {
      if (thrown instanceof HilError) throw thrown;
      throw createStateError(`The lease of ${board.name} cannot be kept`, this.#tools.folder, thrown);
    }
  }

  #open(mac: string): LeaseLog {
    const { folder, owner, processes } = this.#tools;
    return openLeaseLog(path.join(folder, toFileName(mac)), `${hostOf(owner)}-${processes.pid}`);
  }

  #now(): number {
    return this.#tools.clock.date().getTime();
  }
}

function createLost(board: LeasedBoard, id: string, { broken, use }: BoardLease): HilError {
  const why =
    broken?.id === id
      ? `was broken by ${broken.by}: ${broken.reason}`
      : `ran out, since it could not be renewed in time${use === undefined ? "" : `, and ${use.owner} has the board now`}`;
  return new HilError(
    "infrastructure",
    "lease-lost",
    `The lease on ${board.name} ${why}. This run leaves the board alone.`,
  );
}

function hostOf(owner: string): string {
  return owner.slice(owner.lastIndexOf("@") + 1);
}

interface RunningParts {
  board: LeasedBoard;
  id: string;
  remarks: readonly string[];
  clock: Clock;
  renew(): void;
  end(): void;
}

class RunningLease implements HeldLease {
  readonly board: LeasedBoard;
  readonly remarks: readonly string[];
  readonly #parts: RunningParts;
  readonly #listeners = new Set<(reason: HilError) => void>();
  #lost: HilError | undefined;
  #forget: () => void = () => undefined;
  #renewedAt: number;

  constructor(parts: RunningParts) {
    this.board = parts.board;
    this.remarks = parts.remarks;
    this.#parts = parts;
    this.#renewedAt = parts.clock.now();
    this.#schedule();
  }

  onLost(listen: (reason: HilError) => void): void {
    if (this.#lost !== undefined) listen(this.#lost);
    else this.#listeners.add(listen);
  }

  release(): void {
    this.#forget();
    this.#parts.end();
  }

  #schedule(): void {
    this.#forget = this.#parts.clock.setTimer(RENEW_EVERY_MS, () => this.#renew());
  }

  /** A disk that fails for a moment is no loss yet; one that fails for long is. */
  #renew(): void {
    try {
      this.#parts.renew();
      this.#renewedAt = this.#parts.clock.now();
    } catch (thrown) {
      const isLost = thrown instanceof HilError && thrown.code === "lease-lost";
      const isLate = this.#parts.clock.now() - this.#renewedAt > USE_MS - 2 * RENEW_EVERY_MS;
      if (isLost || isLate) this.#lost = toHilError(thrown);
    }
    if (this.#lost === undefined) this.#schedule();
    else for (const listen of this.#listeners) listen(this.#lost);
  }
}

function toHilError(thrown: unknown): HilError {
  if (thrown instanceof HilError) return thrown;
  return new HilError("infrastructure", "lease-lost", `The lease cannot be renewed: ${String(thrown)}`, thrown);
}

/** Undefined for what is no lease: torn, or of another time. */
function readLease(state: unknown): BoardLease | undefined {
  if (typeof state !== "object" || state === null || !("board" in state)) return undefined;
  const lease = state as BoardLease;
  const isRight =
    typeof lease.board?.mac === "string" &&
    (lease.use === undefined || typeof lease.use.until === "number") &&
    (lease.reservation === undefined || typeof lease.reservation.until === "number");
  return isRight ? lease : undefined;
}

export function createLeases(tools: LeaseTools): Leases {
  return new FileLeases(tools);
}
