// Owns what follows from the trap machine: events, the latch in flash, the console. And how the latch is found again after a boot.
import { CODE_STORE_FULL, type EventKind } from "#protocol";
import { type Context, fault, post, say } from "../context.ts";
import { findLatchEvent } from "../session/outbox.ts";
import { hastenTelemetry, publishEvents, recordEvent } from "../session/reports.ts";
import { findRecord, putRecord } from "../store/record-store.ts";
import { LATCH_KEY } from "../store/settings.ts";
import { applyTrap, type Latch, type TrapInput } from "./trap.ts";

export function handleTrap(c: Context, fact: TrapInput): void {
  const before = c.trap.name;
  const outcome = applyTrap(c.trap, fact, c.ports.clock.now(), c.config);
  // The state follows its events into memory: what breaks off before they are written down is decided again.
  for (const effect of outcome.effects) {
    if (effect.name === "publish-event") recordEvent(c, effect.kind, effect.value, effect.at, effect.exact);
  }
  c.trap = outcome.state;
  for (const effect of outcome.effects)
    if (effect.name === "store-latch") storeLatch(c, effect.latch, c.boot, c.outbox.seq);
  if (c.trap.name !== before) {
    say(c, "trap", ["state", c.trap.name]);
    // What lasts only for a moment is not worth a message.
    if (c.trap.name !== "arming" && c.trap.name !== "triggered") hastenTelemetry(c);
  }
  const asked = fact.name === "button-pressed" ? "button" : fact.name === "silence-asked" ? "cloud" : "";
  if (asked !== "" || outcome.effects.length > 0 || c.trap.name !== before) post(c, { to: "alarm", asked: asked });
  if (outcome.effects.length > 0) publishEvents(c);
}

/**
 * The latch is written after the event it follows from. Should the power go in between, the event, being newer, tells what the latch is,
 * so that neither is a spring lost nor told twice [TRAP-1]. Hence the last event's name beside it.
 */
function storeLatch(c: Context, latch: Latch, boot: string, seq: number): void {
  const record = latch + " " + boot + " " + seq;
  if (!putRecord(c.store, LATCH_KEY, record)) fault(c, CODE_STORE_FULL, "latch");
}

/** The latch as the last boot left it. What only an event tells is written down, since the event is gone when it is acknowledged. */
export function findLatch(c: Context): Latch {
  const record = (findRecord(c.store, LATCH_KEY) ?? "").split(" ");
  const boot = record.length === 3 ? "" + record[1] : "";
  const latch = parseLatch("" + record[0]);
  const event = findLatchEvent(c.outbox);
  if (!event) return latch;
  // A boot id begins with the number of the boot.
  const isNewer = event.boot === boot ? event.seq > parseInt("" + record[2], 10) : event.boot > boot;
  if (!isNewer) return latch;
  const after = latchAfter(event.kind);
  storeLatch(c, after, event.boot, event.seq);
  return after;
}

function parseLatch(text: string): Latch {
  return text === "a" || text === "s" || text === "q" || text === "p" ? text : "d";
}

function latchAfter(kind: EventKind): Latch {
  if (kind === "sprung") return "s";
  return kind === "silenced" ? "q" : "a";
}
