// Owns the two transistors of every ESP32 board that turn DTR and RTS into EN and IO0, and the capacitor at EN. True is asserted.
//
//   DTR RTS   EN    IO0
//    0   0    high  high    the program runs
//    1   1    high  high    as an opened port leaves it
//    0   1    low   high    reset
//    1   0    high  low     the loader, if EN rises now
//
// A host resets into the loader by (0,1) -> (1,0). Where each line travels by itself it passes (1,1), in which EN would rise with IO0 high and
// the program would start: the capacitor holds EN low there for as long as the other line may take [CHIP-20].
import type { Clock, TimerHandle } from "../board/clock.ts";

export interface LineLevels {
  dtr: boolean;
  rts: boolean;
}

/** What the two pins are pulled to; true is high. */
export interface ResetPins {
  enable: boolean;
  io0: boolean;
}

export interface SerialLines {
  /** What is left out stays as it is. */
  set(lines: Partial<LineLevels>): void;
  levels(): LineLevels;
  stop(): void;
}

export interface SerialLinesOptions {
  /** The time of those who move the lines, not the board's. */
  clock: Clock;
  /** Called at every change; IO0 is already there when EN rises. */
  onPins(pins: ResetPins): void;
  /** How long EN stays low when (0,1) becomes (1,1); 250 ms unless told, enough for two messages of RFC 2217. */
  holdMs?: number;
}

const HOLD_MS = 250;

/** Without the capacitor. */
export function decideResetPins({ dtr, rts }: LineLevels): ResetPins {
  return { enable: !(rts && !dtr), io0: !(dtr && !rts) };
}

/** Both lines released. */
export function createSerialLines({ clock, onPins, holdMs = HOLD_MS }: SerialLinesOptions): SerialLines {
  let levels: LineLevels = { dtr: false, rts: false };
  let pins = decideResetPins(levels);
  let held: TimerHandle = 0;

  function apply(next: ResetPins): void {
    clock.clearTimer(held);
    if (next.enable === pins.enable && next.io0 === pins.io0) return;
    pins = next;
    onPins(next);
  }

  return {
    set(lines) {
      levels = { ...levels, ...lines };
      const next = decideResetPins(levels);
      const isHolding = !pins.enable && levels.dtr && levels.rts;
      apply(isHolding ? { ...next, enable: false } : next);
      if (isHolding) held = clock.setTimer(holdMs, () => apply(next));
    },
    levels: () => levels,
    stop: () => clock.clearTimer(held),
  };
}
