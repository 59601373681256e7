// Owns what a trap tells the cloud of itself: hello, events, telemetry, its configuration in force, results.
import {
  CODE_OUTBOX_DROPPED,
  CODE_STORE_FULL,
  type Configuration,
  type EventKind,
  encodeCommandResult,
  encodeConfiguration,
  encodeEvent,
  encodeHello,
  encodeTelemetry,
  encodeUpdateProgress,
} from "#protocol";
import { type Context, fault, publish, say } from "../context.ts";
import { decideProfile, PROFILE_LOW, powerSaveOf, telemetryMinS } from "../power/profile.ts";
import { countWaiting, insertEvent, restartOutbox, takeEvent } from "./outbox.ts";

/** A change worth telling before its time. */
const BATTERY_STEP_MV = 100;
/** Changes of one moment are told in one message. */
const GATHER_MS = 500;

/** What a trap does until its owner wishes otherwise. */
export function createConfiguration(): Configuration {
  return { rev: 0, telemetryS: 300, confirmMs: 50, armDelayMs: 2000, buzzer: true };
}

/**
 * Something happened that the owner shall hear of. Without an owner nobody does: what waits would be told to the next one.
 * @param at in milliseconds of this boot
 */
export function recordEvent(c: Context, kind: EventKind, value: number, at: number, exact: boolean): void {
  if (!c.credentials) {
    say(c, "event", ["kind", kind, "seq", 0]);
    return;
  }
  const inserted = insertEvent(c.outbox, kind, value, at, exact);
  say(c, "event", ["kind", kind, "seq", inserted.seq]);
  if (inserted.dropped > 0) fault(c, CODE_OUTBOX_DROPPED, "outbox");
  else if (!inserted.stored) fault(c, CODE_STORE_FULL, "outbox");
}

/** Send what may be sent of the events that wait. */
export function publishEvents(c: Context): void {
  while (c.session.name === "online") {
    const event = takeEvent(c.outbox, c.ports.clock.now());
    if (!event) break;
    publish(c, "event", encodeEvent(event));
  }
}

/** The first word on a new connection [PRES-1]: who runs what. */
export function publishHello(c: Context): void {
  const hello = {
    boot: c.boot,
    session: c.session.session,
    version: c.ports.version,
    sha256: c.sha256,
    hardware: c.ports.chip.hardware,
    reason: c.reason,
    uptimeMs: c.ports.clock.now(),
    state: c.trap.name,
    rev: c.config.rev,
    batteryMv: c.batteryMv,
    rssi: readRssi(c),
  };
  publish(c, "hello", encodeHello(hello));
}

/** What is said when welcomed: the configuration in force, then everything that waits. */
export function greetCloud(c: Context): void {
  publishConfiguration(c);
  restartOutbox(c.outbox);
  publishEvents(c);
  const update = c.update;
  if (update.offer && update.name !== "idle" && update.phase !== "") {
    const progress = { id: update.offer.id, phase: update.phase, code: 0, received: update.received };
    publish(c, "update", encodeUpdateProgress(progress));
  }
  publishTelemetry(c);
}

export function publishConfiguration(c: Context): void {
  publish(c, "reported", encodeConfiguration(c.config));
}

export function publishResult(c: Context, id: number, code: number): void {
  publish(c, "result", encodeCommandResult({ id: id, code: code }));
}

function readRssi(c: Context): number {
  return Math.max(-200, Math.min(0, c.ports.radio.rssi()));
}

export function publishTelemetry(c: Context): void {
  const memory = c.ports.chip.memory();
  const telemetry = {
    boot: c.boot,
    uptimeMs: c.ports.clock.now(),
    state: c.trap.name,
    batteryMv: c.batteryMv,
    rssi: readRssi(c),
    memFree: memory.free,
    memTotal: memory.total,
    falseTriggers: c.trap.falseTriggers,
    outbox: countWaiting(c.outbox),
    refusals: c.refusals,
  };
  publish(c, "telemetry", encodeTelemetry(telemetry));
  c.batteryToldMv = c.batteryMv;
  c.telemetryAt = telemetry.uptimeMs + telemetryMs(c);
}

/** From one telemetry to the next: as the owner wishes, but no oftener than the battery bears [POWER-1]. */
export function telemetryMs(c: Context): number {
  return Math.max(c.config.telemetryS, telemetryMinS(c.profile)) * 1000;
}

/** The next telemetry is due soon: something changed. */
export function hastenTelemetry(c: Context): void {
  c.telemetryAt = Math.min(c.telemetryAt, c.ports.clock.now() + GATHER_MS);
}

/** Look at the battery; 0 mV is no battery to look at. */
export function sampleBattery(c: Context): void {
  const mv = Math.max(0, Math.min(65535, Math.floor(c.ports.pins.batteryMv())));
  c.batteryMv = mv;
  if (Math.abs(mv - c.batteryToldMv) >= BATTERY_STEP_MV) hastenTelemetry(c);
  const before = c.profile;
  const profile = decideProfile(mv, before);
  if (profile === before) return;
  c.profile = profile;
  c.ports.radio.savePower(powerSaveOf(profile));
  const low = profile >= PROFILE_LOW;
  if (low === before >= PROFILE_LOW) return;
  recordEvent(c, low ? "battery-low" : "battery-ok", mv, c.ports.clock.now(), true);
  publishEvents(c);
}
