// Owns the button machine: what a press means by how long it lasts [BUTTON-1]. Pure.
//
// up       nothing is held, or what is held was held already at the boot or has had its effect.
// down     held; from 3 s on the whole seconds are shown as progress. Released before 3 s it was a press, before 10 s it asks to be
//          claimed; at 10 s the reset happens at once, whatever comes after.
// A level counts only after it has been quiet for a moment; durations run between the edges themselves.
import type { Outcome } from "../machine.ts";

export const BUTTON_SETTLE_MS = 25;
export const CLAIM_HOLD_MS = 3000;
export const RESET_HOLD_MS = 10000;

export interface ButtonMachine {
  /** The level as seen last, bounces included, and since when. */
  level: boolean;
  changedAt: number;
  /** The level without bounces, and since when; -1 if since before the boot. */
  pressed: boolean;
  pressedAt: number;
  /** This press has had its effect, or never counts. */
  spent: boolean;
  /** Whole seconds held, for progress; 0 below 3 s and when nothing is held. */
  heldS: number;
  wakeAt: number;
}

export type ButtonInput =
  /** Told when it happened, not when it was heard of: the interpreter may have been busy. */
  { name: "button-changed"; down: boolean; at: number } | { name: "time-passed"; down: boolean };
export type ButtonEffect = { name: "silence-and-rearm" } | { name: "open-claiming" } | { name: "reset" };

/** @param down held at the boot: such a press never counts, since it told the loader something. */
export function createButton(down: boolean): ButtonMachine {
  return { level: down, changedAt: 0, pressed: down, pressedAt: -1, spent: down, heldS: 0, wakeAt: 0 };
}

export function applyButton(
  state: ButtonMachine,
  input: ButtonInput,
  now: number,
): Outcome<ButtonMachine, ButtonEffect> {
  const next = Object.assign({}, state);
  const effects: ButtonEffect[] = [];
  const time = input.name === "button-changed" ? input.at : now;
  // An edge ends what has held until then; what is only a look at the level comes after it.
  if (input.name === "button-changed") applyHeld(next, time, effects);
  if (input.down !== next.level) {
    next.level = input.down;
    next.changedAt = time;
  }
  const held = applyHeld(next, time, effects);
  next.heldS = held >= CLAIM_HOLD_MS && !next.spent ? Math.floor(held / 1000) : 0;
  next.wakeAt = 0;
  if (next.level !== next.pressed) next.wakeAt = next.changedAt + BUTTON_SETTLE_MS;
  else if (next.pressed && !next.spent) next.wakeAt = next.pressedAt + (next.heldS > 0 ? next.heldS + 1 : 3) * 1000;
  return { state: next, effects: effects };
}

/** What the level has come to mean by this time; how long a press that still counts has lasted, in milliseconds. */
function applyHeld(n: ButtonMachine, time: number, effects: ButtonEffect[]): number {
  if (n.level !== n.pressed && time - n.changedAt >= BUTTON_SETTLE_MS) applyLevel(n, effects);
  if (!n.pressed || n.spent) return 0;
  const held = (n.level ? time : n.changedAt) - n.pressedAt;
  if (held >= RESET_HOLD_MS) {
    n.spent = true;
    effects.push({ name: "reset" });
  }
  return held;
}

function applyLevel(n: ButtonMachine, effects: ButtonEffect[]): void {
  n.pressed = n.level;
  if (n.pressed) {
    n.pressedAt = n.changedAt;
    n.spent = false;
    return;
  }
  const held = n.changedAt - n.pressedAt;
  if (!n.spent && held < RESET_HOLD_MS) {
    effects.push(held < CLAIM_HOLD_MS ? { name: "silence-and-rearm" } : { name: "open-claiming" });
  }
}
