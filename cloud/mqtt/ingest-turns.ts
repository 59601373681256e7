// Owns how many messages of devices are on their way to the database at once, and how long each may take: a burst of traps must leave
// connections to people, and a database that hangs must not be waited for without end.
import type { Clock } from "../clock.ts";

export interface TurnLimits {
  /** Ingests under way at once. */
  atOnce: number;
  /** How long a message waits for its turn. */
  waitMs: number;
  /** How long its transaction may take to commit. */
  commitMs: number;
}

/** Together not more than a trap waits for its acknowledgement. */
export const TURN_LIMITS: TurnLimits = { atOnce: 8, waitMs: 5_000, commitMs: 5_000 };

export class TurnError extends Error {
  override name = "TurnError";
  readonly code: "no-turn" | "too-slow" | "stopped";
  constructor(code: TurnError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** Who has got in is served before who wants in: a connection that ends for want of a turn has cost its look-up for nothing. */
export type TurnRank = "message" | "newcomer";

export interface IngestTurns {
  /**
   * Run `work` when it is its turn; a message's unless told. Rejects with what `work` rejects with, or with a TurnError when it was not begun, or not done, in
   * time; in the latter case it may still commit later, which a repeat of the message will meet.
   */
  run<T>(work: () => Promise<T>, rank?: TurnRank): Promise<T>;
  /** Run `work` at once and without a turn, since it takes no connection of its own; it may take as long as with one. */
  runBeside<T>(work: () => Promise<T>): Promise<T>;
  /** Refuse what is waiting and what comes; resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

function createStopped(): TurnError {
  return new TurnError("stopped", "the broker is stopping");
}

async function withinTime<T>(clock: Clock, limitMs: number, running: Promise<T>): Promise<T> {
  let timer: { stop(): void } | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = clock.setTimer(limitMs, () => reject(new TurnError("too-slow", "no commit in time")));
  });
  try {
    return await Promise.race([running, limit]);
  } finally {
    timer?.stop();
  }
}

interface WaitingTurn {
  begin(): void;
  refuse(error: TurnError): void;
}

export function createIngestTurns(clock: Clock, limits: TurnLimits): IngestTurns {
  const waiting: Record<TurnRank, Set<WaitingTurn>> = { message: new Set(), newcomer: new Set() };
  const underWay = new Set<Promise<unknown>>();
  let taken = 0;
  let stopped = false;

  function takeTurn(rank: TurnRank): Promise<void> {
    if (stopped) return Promise.reject(createStopped());
    if (taken < limits.atOnce) {
      taken += 1;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const timer = clock.setTimer(limits.waitMs, () => turn.refuse(new TurnError("no-turn", "the queue is too long")));
      const end = (settle: () => void) => {
        waiting[rank].delete(turn);
        timer.stop();
        settle();
      };
      const turn = { begin: () => end(resolve), refuse: (error: TurnError) => end(() => reject(error)) };
      waiting[rank].add(turn);
    });
  }

  /** A turn goes from hand to hand, so that nobody who comes later takes it in between. */
  function passTurn(): void {
    const [message] = waiting.message;
    const [newcomer] = waiting.newcomer;
    const next = message ?? newcomer;
    if (next === undefined) taken -= 1;
    else next.begin();
  }

  /** `then` comes when the work itself has ended, not when nobody waits for it any more. */
  function begin<T>(work: () => Promise<T>, then: () => void): Promise<T> {
    const running = work().finally(() => {
      underWay.delete(running);
      then();
    });
    underWay.add(running);
    return running;
  }

  return {
    async run(work, rank = "message") {
      await takeTurn(rank);
      return withinTime(clock, limits.commitMs, begin(work, passTurn));
    },
    async runBeside(work) {
      if (stopped) throw createStopped();
      return withinTime(
        clock,
        limits.commitMs,
        begin(work, () => undefined),
      );
    },
    async stop() {
      stopped = true;
      for (const turn of [...waiting.message, ...waiting.newcomer]) turn.refuse(createStopped());
      await Promise.allSettled([...underWay]);
    },
  };
}
