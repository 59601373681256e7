// Owns the trap machine: when a trap is armed, when it has sprung, and who may end that. Pure; trap-effects.ts does what it asks.
//
// disarmed   nobody set the plunger.
// arming     the plunger is set; it must stay so for armDelayMs. Letting go falls back to disarmed, or to sprung if that is not over.
// armed      the plunger is set and watched.
// triggered  the plunger was released; it must stay so for confirmMs. Set again, it was a false trigger [TRAP-3].
// sprung     latched, over power cuts too, until a person rearms: a press silences, and the trap arms as soon as the plunger is set
//            and stays so [TRAP-1]. The latch in flash tells the next boot whether a released plunger is a spring [TRAP-2].
// fault      the contact chatters: too many edges to mean anything. It ends when the contact has been quiet.
import type { EventKind, TrapState } from "#protocol";
import type { Outcome } from "../machine.ts";

/** How long a contact must be quiet before its level counts where nothing longer is asked. */
export const SETTLE_MS = 15;
export const FAULT_QUIET_MS = 2000;
export const EDGES_MAX = 60;
export const EDGES_WINDOW_MS = 1000;
/** At most one event of false triggers in this time; its value counts them all. */
export const FALSE_TRIGGER_EVENT_MS = 60000;

/** What flash keeps: disarmed, armed, sprung, silenced by command, or pressed: silenced and to be rearmed. */
export type Latch = "d" | "a" | "s" | "q" | "p";

export interface TrapMachine {
  name: TrapState;
  /** The plunger as seen last, bounces included, and since when. */
  set: boolean;
  changedAt: number;
  /** When the release began that is being confirmed; known exactly unless the trap was without power or without sense. */
  releasedAt: number;
  exact: boolean;
  silenced: boolean;
  rearmWanted: boolean;
  wasArmed: boolean;
  edges: number;
  edgesSince: number;
  falseTriggers: number;
  /** When the last event of false triggers was made; -1 if none was. */
  falseToldAt: number;
  wakeAt: number;
}

export interface TrapTiming {
  confirmMs: number;
  armDelayMs: number;
}

export type TrapInput =
  | { name: "power-returned"; latch: Latch; set: boolean }
  /** Told when it happened, not when it was heard of: the interpreter may have been busy. */
  | { name: "plunger-changed"; set: boolean; at: number }
  | { name: "button-pressed" }
  | { name: "silence-asked" }
  /** With the level as it is now, should an edge have been missed. */
  | { name: "time-passed"; set: boolean };

export type TrapEffect =
  | { name: "publish-event"; kind: EventKind; value: number; at: number; exact: boolean }
  | { name: "store-latch"; latch: Latch };

export function createTrap(): TrapMachine {
  return {
    name: "disarmed",
    set: false,
    changedAt: 0,
    releasedAt: 0,
    exact: true,
    silenced: false,
    rearmWanted: false,
    wasArmed: false,
    edges: 0,
    edgesSince: 0,
    falseTriggers: 0,
    falseToldAt: -1,
    wakeAt: 0,
  };
}

/** @param now milliseconds since the boot */
export function applyTrap(
  state: TrapMachine,
  input: TrapInput,
  now: number,
  timing: TrapTiming,
): Outcome<TrapMachine, TrapEffect> {
  const next = Object.assign({}, state);
  const effects: TrapEffect[] = [];
  switch (input.name) {
    case "power-returned":
      applyPowerReturned(next, input.latch, input.set, now, timing);
      break;
    case "button-pressed":
    case "silence-asked":
      if (isSprung(next)) applySilence(next, input.name === "button-pressed", now, timing, effects);
      break;
    case "plunger-changed":
      // What had held until then held, even if nobody was awake to see it.
      if (next.wakeAt > 0 && input.at >= next.wakeAt) applySettled(next, input.at, effects);
      if (input.set !== next.set) applyPlunger(next, input.set, input.at, timing, effects);
      return { state: next, effects: effects };
    default:
      if (input.set !== next.set) applyPlunger(next, input.set, now, timing, effects);
  }
  if (next.wakeAt > 0 && now >= next.wakeAt) applySettled(next, now, effects);
  return { state: next, effects: effects };
}

/** Also while it is being rearmed. */
export function isSprung(trap: TrapMachine): boolean {
  return trap.name === "sprung" || (trap.name === "arming" && trap.rearmWanted);
}

function applyPowerReturned(n: TrapMachine, latch: Latch, set: boolean, now: number, timing: TrapTiming): void {
  n.set = set;
  n.changedAt = now;
  n.silenced = latch === "q" || latch === "p";
  n.rearmWanted = latch === "p";
  if (latch === "a") {
    n.name = set ? "armed" : "triggered";
    n.releasedAt = now;
    n.exact = false;
    if (!set) n.wakeAt = now + timing.confirmMs;
    return;
  }
  n.name = latch === "d" ? "disarmed" : "sprung";
  if (set && (latch === "d" || n.rearmWanted)) startArming(n, timing);
}

function startArming(n: TrapMachine, timing: TrapTiming): void {
  n.name = "arming";
  n.wakeAt = n.changedAt + timing.armDelayMs;
}

function applySilence(n: TrapMachine, rearm: boolean, now: number, timing: TrapTiming, effects: TrapEffect[]): void {
  if (!n.silenced) effects.push({ name: "publish-event", kind: "silenced", value: 0, at: now, exact: true });
  if (!n.silenced || (rearm && !n.rearmWanted)) effects.push({ name: "store-latch", latch: rearm ? "p" : "q" });
  n.silenced = true;
  if (!rearm || n.rearmWanted) return;
  n.rearmWanted = true;
  if (n.set) startArming(n, timing);
}

function applyPlunger(n: TrapMachine, set: boolean, now: number, timing: TrapTiming, effects: TrapEffect[]): void {
  n.set = set;
  n.changedAt = now;
  if (now - n.edgesSince >= EDGES_WINDOW_MS) {
    n.edgesSince = now;
    n.edges = 0;
  }
  n.edges++;
  // A latched spring is never given up for a chattering contact.
  if (n.edges > EDGES_MAX && n.name !== "fault" && !isSprung(n)) {
    n.wasArmed = n.name === "armed" || n.name === "triggered";
    n.name = "fault";
    effects.push({ name: "publish-event", kind: "sensor-fault", value: n.edges, at: now, exact: true });
  }
  switch (n.name) {
    case "arming":
      if (set) startArming(n, timing);
      else {
        n.name = n.rearmWanted ? "sprung" : "disarmed";
        n.wakeAt = 0;
      }
      break;
    case "armed":
      if (set) break;
      n.name = "triggered";
      n.releasedAt = now;
      n.exact = true;
      n.wakeAt = now + timing.confirmMs;
      break;
    case "triggered":
      n.wakeAt = now + (set ? SETTLE_MS : timing.confirmMs);
      break;
    case "fault":
      n.wakeAt = now + FAULT_QUIET_MS;
      break;
    default:
      if (set && (n.name === "disarmed" || n.rearmWanted)) startArming(n, timing);
  }
}

/** The level that was waited for has held. */
function applySettled(n: TrapMachine, now: number, effects: TrapEffect[]): void {
  n.wakeAt = 0;
  switch (n.name) {
    case "arming":
      applyArmed(n, now, effects);
      break;
    case "triggered":
      if (!n.set) applySprung(n, effects);
      else applyFalseTrigger(n, now, effects);
      break;
    case "fault":
      if (n.set) applyArmed(n, now, effects);
      else if (n.wasArmed) {
        // The last edge is the latest moment it can have been.
        n.releasedAt = n.changedAt;
        n.exact = false;
        applySprung(n, effects);
      } else n.name = "disarmed";
      break;
    default:
  }
}

function applyArmed(n: TrapMachine, now: number, effects: TrapEffect[]): void {
  const kind = n.rearmWanted ? "rearmed" : "armed";
  n.name = "armed";
  n.rearmWanted = false;
  n.silenced = false;
  effects.push({ name: "publish-event", kind: kind, value: 0, at: now, exact: true });
  effects.push({ name: "store-latch", latch: "a" });
}

function applySprung(n: TrapMachine, effects: TrapEffect[]): void {
  n.name = "sprung";
  effects.push({ name: "publish-event", kind: "sprung", value: 0, at: n.releasedAt, exact: n.exact });
  effects.push({ name: "store-latch", latch: "s" });
}

function applyFalseTrigger(n: TrapMachine, now: number, effects: TrapEffect[]): void {
  n.name = "armed";
  n.falseTriggers++;
  if (n.falseToldAt >= 0 && now - n.falseToldAt < FALSE_TRIGGER_EVENT_MS) return;
  n.falseToldAt = now;
  const count = n.falseTriggers;
  effects.push({ name: "publish-event", kind: "false-trigger", value: count, at: n.releasedAt, exact: n.exact });
}
