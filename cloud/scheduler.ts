// Owns what the cloud does by the clock: each job in a transaction of its own, again and again with a pause, on one instance at a time.
// Jobs compare with the time they are given and do nothing twice, so that a missed or a repeated run changes no outcome.
import type { Logger } from "pino";
import type { Clock } from "./clock.ts";
import type { TraplineDatabase } from "./db/connection.ts";
import type { Transaction } from "./db/tenant-transaction.ts";
import { type Repeated, startRepeating } from "./repeat.ts";

export interface Job {
  /** For the log and the lock; instances of one database know it by this name. */
  name: string;
  pauseMs: number;
  /** Returns what it did, for the log; null if there was nothing to do. */
  run(trx: Transaction, now: Date): Promise<object | null>;
}

export interface SchedulerDeps {
  db: Pick<TraplineDatabase, "system">;
  clock: Clock;
  log: Logger;
  /** False if another instance is at this job just now. */
  lockJob(trx: Transaction, name: string): Promise<boolean>;
}

/** The first run of each job comes after its first pause; a run that fails is logged, rolled back and tried again after the next. */
export function startScheduler({ db, clock, log, lockJob }: SchedulerDeps, jobs: Job[]): Repeated {
  const repeated = jobs.map(({ name, pauseMs, run }) =>
    startRepeating({
      clock,
      log,
      name,
      pauseMs,
      run: async () => {
        const done = await db.system(async (trx) => ((await lockJob(trx, name)) ? run(trx, clock.now()) : null));
        if (done !== null) log.info({ job: name, ...done }, "scheduled work done");
      },
    }),
  );
  return { stop: async () => void (await Promise.all(repeated.map((one) => one.stop()))) };
}
