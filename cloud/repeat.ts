// Owns doing something again and again: after each run the same pause, a failure is logged and the next run comes all the same.
import type { Logger } from "pino";
import type { Clock } from "./clock.ts";

export interface Repeated {
  /** No further run; resolves when the one under way has ended. */
  stop(): Promise<void>;
}

export interface RepeatOptions {
  clock: Clock;
  log: Logger;
  /** What is done, for the log. */
  name: string;
  pauseMs: number;
  run(): Promise<void>;
}

/** The first run comes after the first pause. */
export function startRepeating({ clock, log, name, pauseMs, run }: RepeatOptions): Repeated {
  let isStopped = false;
  let underWay = Promise.resolve();
  let timer = clock.setTimer(pauseMs, begin);
  function begin(): void {
    underWay = run()
      .catch((error: unknown) => log.warn({ err: error, name }, "repeated work failed, tried again later"))
      .then(() => {
        if (!isStopped) timer = clock.setTimer(pauseMs, begin);
      });
  }
  return {
    async stop() {
      isStopped = true;
      timer.stop();
      await underWay;
    },
  };
}
