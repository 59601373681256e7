// Owns the order in which a program runs: one task at a time, to its end, on the board's clock. Whatever happens outside (a timer, an
// edge, bytes from a socket) becomes a task; if nothing runs, it runs at once, before the call that brought it returns.
import type { Clock, TimerHandle } from "./clock.ts";

export interface EventLoop {
  /** Runs `task` when those before it are done; at once if none is. */
  post(task: () => void): void;
  /** `fn` runs as a task of its own. */
  setTimer(ms: number, fn: () => void): TimerHandle;
  clearTimer(handle: TimerHandle): void;
  /** Forgets tasks and timers; nothing runs any more. */
  stop(): void;
}

export interface EventLoopOptions {
  clock: Clock;
  /** What a task threw. */
  onError(thrown: unknown): void;
  /** Called each time there is nothing left to do: the interpreter's idle moment. */
  onIdle(): void;
  /** How a task is called; straight, unless told. */
  call?(task: () => void): void;
}

export function createEventLoop(options: EventLoopOptions): EventLoop {
  const { clock } = options;
  const call = options.call ?? ((task: () => void) => task());
  const tasks: (() => void)[] = [];
  const timers = new Set<TimerHandle>();
  let running = false;
  let stopped = false;

  function run(): void {
    running = true;
    for (let task = tasks.shift(); task !== undefined && !stopped; task = tasks.shift()) {
      try {
        call(task);
      } catch (thrown) {
        options.onError(thrown);
      }
    }
    running = false;
    if (!stopped) options.onIdle();
  }

  function post(task: () => void): void {
    if (stopped) return;
    tasks.push(task);
    if (!running) run();
  }

  return {
    post,
    setTimer(ms, fn) {
      const handle = clock.setTimer(ms, () => {
        timers.delete(handle);
        post(fn);
      });
      timers.add(handle);
      return handle;
    },
    clearTimer(handle) {
      timers.delete(handle);
      clock.clearTimer(handle);
    },
    stop() {
      stopped = true;
      tasks.length = 0;
      for (const handle of timers) clock.clearTimer(handle);
      timers.clear();
    },
  };
}
