// Owns what a claimed trap is to a person, which commands there are, and what a trap must be told when it says hello. Pure; the SQL is
// in queries/.
import type { CommandName, Configuration, DownMessage, Hello, TrapKind, TrapState } from "#protocol";

/** What stands beside traps is told and shown like them, and never springs. */
export type DeviceKind = TrapKind | "gateway" | "sensor" | "switch";

/** A claimed trap as the API and the live stream tell it. */
export interface Device {
  id: string;
  name: string;
  kind: DeviceKind;
  serialNumber: string | null;
  macAddress: string;
  hardware: string | null;
  online: boolean;
  lastSeen: Date | null;
  /** Null until the trap has spoken; so are the next five. */
  trapState: TrapState | null;
  batteryMv: number | null;
  rssi: number | null;
  firmwareVersion: string | null;
  firmwareSha256: string | null;
  bootId: string | null;
  telemetry: Record<string, unknown> | null;
  config: DeviceConfig;
  claimedAt: Date | null;
  releasedAt: Date | null;
}

export interface DeviceConfig {
  /** What the owner wishes; null until they have wished anything. */
  desired: DeviceSettings | null;
  revision: number;
  /** What the trap says is in force. */
  reported: DeviceSettings | null;
  reportedRevision: number;
}

export type DeviceSettings = Omit<Configuration, "rev">;

/** What a person may order; `release` comes about by releasing. */
export const PERSON_COMMANDS = ["identify", "reboot", "silence"] as const satisfies CommandName[];
export type PersonCommand = (typeof PERSON_COMMANDS)[number];

/** A command is sent again at every hello until it is answered or this old. */
export const COMMAND_MS = 60_000;
/** So many may wait for an answer, per trap. */
export const COMMANDS_OPEN_MAX = 20;

export interface DeviceCommand {
  id: number;
  command: CommandName;
  createdAt: Date;
  expiresAt: Date;
  answeredAt: Date | null;
  /** A code of the contract; null until answered. */
  code: number | null;
}

/** Read settings as they lie in the database; null for none, or for what another version has written. */
export function parseSettings(stored: Record<string, unknown> | null): DeviceSettings | null {
  if (stored === null) return null;
  const { telemetryS, confirmMs, armDelayMs, buzzer } = stored;
  const whole = typeof telemetryS === "number" && typeof confirmMs === "number" && typeof armDelayMs === "number";
  return whole && typeof buzzer === "boolean" ? { telemetryS, confirmMs, armDelayMs, buzzer } : null;
}

export function isEqualSettings(a: DeviceSettings, b: DeviceSettings): boolean {
  return (
    a.telemetryS === b.telemetryS &&
    a.confirmMs === b.confirmMs &&
    a.armDelayMs === b.armDelayMs &&
    a.buzzer === b.buzzer
  );
}

/**
 * The revision for settings that were wished anew. Above what the trap has in force too: a trap that had another owner comes with the
 * number of that time, and takes nothing older.
 */
export function nextRevision(revision: number, reportedRevision: number): number {
  return Math.max(revision, reportedRevision) + 1;
}

export interface HelloPlan {
  /** The trap has started since they were given: it has done what they ask for. */
  rebooted: number[];
  send: DeviceCommand[];
  /** Null: the trap has what its owner wishes. */
  settings: Configuration | null;
}

/** What a hello settles, and what the trap is told. `open` are the unanswered commands that have not expired, oldest first. */
export function decideHello(hello: Hello, open: DeviceCommand[], config: DeviceConfig, receivedAt: Date): HelloPlan {
  const bootedAtMs = receivedAt.getTime() - hello.uptimeMs;
  const isDone = (one: DeviceCommand) => one.command === "reboot" && one.createdAt.getTime() < bootedAtMs;
  const isBehind = config.desired !== null && hello.rev !== config.revision;
  const rev = hello.rev > config.revision ? nextRevision(config.revision, hello.rev) : config.revision;
  return {
    rebooted: open.filter(isDone).map((one) => one.id),
    send: open.filter((one) => !isDone(one)),
    settings: isBehind && config.desired !== null ? { rev, ...config.desired } : null,
  };
}

export function commandMessage(command: Pick<DeviceCommand, "id" | "command">): DownMessage {
  return { name: "command", value: { id: command.id, command: command.command } };
}
