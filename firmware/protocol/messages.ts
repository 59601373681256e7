// Owns the meaning of every MQTT message: its fields, their units, the closed lists of words. How it looks on the wire is codec.ts.

export const TRAP_STATES = ["disarmed", "arming", "armed", "triggered", "sprung", "fault"] as const;
export type TrapState = (typeof TRAP_STATES)[number];

export const EVENT_KINDS = [
  "sprung",
  "armed",
  "disarmed",
  "rearmed",
  "silenced",
  "false-trigger",
  "battery-low",
  "battery-ok",
  "sensor-fault",
  "fault",
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export const COMMANDS = ["identify", "reboot", "silence", "release"] as const;
export type CommandName = (typeof COMMANDS)[number];

export const UPDATE_PHASES = ["accepted", "fetching", "verified", "refused"] as const;
export type UpdatePhase = (typeof UPDATE_PHASES)[number];

export const TRAP_KINDS = ["live-catch", "snap", "bait-station", "monitor"] as const;
export type TrapKind = (typeof TRAP_KINDS)[number];

/** First message of every connection: who runs what since when. `session` counts the connections of this boot from 1. */
export interface Hello {
  boot: string;
  session: number;
  version: string;
  /** Of the bundle's bytes as stored in the slot that is running. */
  sha256: string;
  hardware: string;
  /** One of the RESET_ codes. */
  reason: number;
  uptimeMs: number;
  state: TrapState;
  /** Revision of the configuration in force; 0 before any. */
  rev: number;
  batteryMv: number;
  rssi: number;
}

/**
 * Something that happened. Unique by (device, boot, seq) [EVENT-1]. `age` is the time in milliseconds between the event and this
 * sending, as the trap knows it: to the millisecond if `exact`, at least that long if the trap has lost power in between.
 */
export interface DeviceEvent {
  boot: string;
  seq: number;
  age: number;
  exact: boolean;
  kind: EventKind;
  /**
   * A number the kind gives meaning to (battery in mV, edges, false triggers of this boot); 0 where it has none. A spring with more than 1
   * speaks for so many, the first of which it is: the trap had no room for each.
   */
  value: number;
}

export interface Telemetry {
  boot: string;
  uptimeMs: number;
  state: TrapState;
  batteryMv: number;
  rssi: number;
  /** Interpreter variables free and in all. */
  memFree: number;
  memTotal: number;
  falseTriggers: number;
  /** Events waiting for their acknowledgement. */
  outbox: number;
  /** Inputs refused since the boot. */
  refusals: number;
}

/** The settings of a trap, as wished by its owner (down) and as in force (up). */
export interface Configuration {
  rev: number;
  telemetryS: number;
  /** How long the plunger must stay released before it counts as sprung. */
  confirmMs: number;
  /** How long the plunger must stay set before the trap is armed. */
  armDelayMs: number;
  buzzer: boolean;
}

export interface UpdateProgress {
  id: string;
  phase: UpdatePhase;
  code: number;
  /** Bytes stored so far. */
  received: number;
}

export interface CommandResult {
  id: number;
  code: number;
}

/** Last will: says which connection ended, so that it cannot overrule a newer one [PRES-1]. */
export interface Will {
  boot: string;
  session: number;
}

/** Sent after the event's transaction has committed, for repeats too [ALERT-1]. */
export interface Ack {
  boot: string;
  seq: number;
}

/** The cloud's part of a session's key, random for every connection. The only message without a seal: it says nothing to believe. */
export interface SessionStart {
  nonce: string;
}

/** The cloud's first sealed word, when the hello of this session has committed: each side has proven itself to the other [SEAL-1]. */
export interface Welcome {
  boot: string;
  session: number;
}

export interface Command {
  id: number;
  command: CommandName;
}

export interface UpdateOffer {
  id: string;
  firmware: string;
  version: string;
  size: number;
  sha256: string;
  chunk: number;
}

export type UpMessage =
  | { name: "hello"; value: Hello }
  | { name: "event"; value: DeviceEvent }
  | { name: "telemetry"; value: Telemetry }
  | { name: "reported"; value: Configuration }
  | { name: "update"; value: UpdateProgress }
  | { name: "result"; value: CommandResult }
  | { name: "will"; value: Will };

export type DownMessage =
  | { name: "ack"; value: Ack }
  | { name: "command"; value: Command }
  | { name: "config"; value: Configuration }
  | { name: "offer"; value: UpdateOffer }
  | { name: "session"; value: SessionStart }
  | { name: "welcome"; value: Welcome };
