// Owns the task watchdog of the chip, on the board's clock: it bites a program that armed it and did not kick it for that long, and in
// its automatic mode one that hangs.
import type { Clock, TimerHandle } from "./clock.ts";
import type { Watchdog } from "./program.ts";

export interface WatchdogOptions {
  clock: Clock;
  /** Whether the interpreter still comes by its idle moment. */
  isHanging(): boolean;
  bite(): void;
}

export function createWatchdog({ clock, isHanging, bite }: WatchdogOptions): Watchdog & { disarm(): void } {
  let timer: TimerHandle = 0;
  let armed: { timeoutMs: number; isAuto: boolean } | undefined;

  function arm(): void {
    clock.clearTimer(timer);
    if (armed === undefined) return;
    timer = clock.setTimer(armed.timeoutMs, () => {
      if (armed?.isAuto && !isHanging()) return arm();
      bite();
    });
  }

  return {
    enable(timeoutMs, isAuto) {
      armed = { timeoutMs, isAuto };
      arm();
    },
    kick: arm,
    disarm() {
      armed = undefined;
      clock.clearTimer(timer);
    },
  };
}
