// Owns how the MQTT messages look on the wire: one encode and one decode for each, in the same order of fields. Nothing here throws.
import { CODE_UNKNOWN_TOPIC } from "./codes.ts";
import {
  ARM_DELAY_MS_MAX,
  ARM_DELAY_MS_MIN,
  CONFIRM_MS_MAX,
  CONFIRM_MS_MIN,
  FIRMWARE_CHUNK_BYTES_MAX,
  INTEGER_MAX,
  NONCE_CHARS,
  TELEMETRY_S_MAX,
  TELEMETRY_S_MIN,
} from "./limits.ts";
import {
  type Ack,
  COMMANDS,
  type Command,
  type CommandResult,
  type Configuration,
  type DeviceEvent,
  type DownMessage,
  EVENT_KINDS,
  type Hello,
  type SessionStart,
  type Telemetry,
  TRAP_STATES,
  UPDATE_PHASES,
  type UpdateOffer,
  type UpdateProgress,
  type UpMessage,
  type Welcome,
  type Will,
} from "./messages.ts";
import {
  booleanField,
  closeRecord,
  type Decoded,
  endRecord,
  integerField,
  openRecord,
  readBoolean,
  readHex,
  readInteger,
  readText,
  readUuid,
  readWord,
  startRecord,
  textField,
} from "./record.ts";
import { SIGNED_FIRMWARE_BYTES_MAX } from "./signed-firmware.ts";
import type { DownName, UpName } from "./topics.ts";

const CODE_NUMBER_MAX = 65535;

export function encodeHello(m: Hello): string {
  return endRecord(
    startRecord() +
      textField("boot", m.boot) +
      integerField("session", m.session) +
      textField("version", m.version) +
      textField("sha256", m.sha256) +
      textField("hardware", m.hardware) +
      integerField("reason", m.reason) +
      integerField("uptimeMs", m.uptimeMs) +
      textField("state", m.state) +
      integerField("rev", m.rev) +
      integerField("batteryMv", m.batteryMv) +
      integerField("rssi", m.rssi),
  );
}

export function decodeHello(text: unknown): Decoded<Hello> {
  const r = openRecord(text);
  return closeRecord(r, {
    boot: readHex(r, "boot", 16),
    session: readInteger(r, "session", 1, INTEGER_MAX),
    version: readText(r, "version", 1, 32),
    sha256: readHex(r, "sha256", 64),
    hardware: readText(r, "hardware", 1, 32),
    reason: readInteger(r, "reason", 0, CODE_NUMBER_MAX),
    uptimeMs: readInteger(r, "uptimeMs", 0, INTEGER_MAX),
    state: readWord(r, "state", TRAP_STATES),
    rev: readInteger(r, "rev", 0, 2147483647),
    batteryMv: readInteger(r, "batteryMv", 0, 65535),
    rssi: readInteger(r, "rssi", -200, 0),
  });
}

export function encodeEvent(m: DeviceEvent): string {
  return endRecord(
    startRecord() +
      textField("boot", m.boot) +
      integerField("seq", m.seq) +
      integerField("age", m.age) +
      booleanField("exact", m.exact) +
      textField("kind", m.kind) +
      integerField("value", m.value),
  );
}

export function decodeEvent(text: unknown): Decoded<DeviceEvent> {
  const r = openRecord(text);
  return closeRecord(r, {
    boot: readHex(r, "boot", 16),
    seq: readInteger(r, "seq", 1, INTEGER_MAX),
    age: readInteger(r, "age", 0, INTEGER_MAX),
    exact: readBoolean(r, "exact"),
    kind: readWord(r, "kind", EVENT_KINDS),
    value: readInteger(r, "value", -2147483648, 2147483647),
  });
}

export function encodeTelemetry(m: Telemetry): string {
  return endRecord(
    startRecord() +
      textField("boot", m.boot) +
      integerField("uptimeMs", m.uptimeMs) +
      textField("state", m.state) +
      integerField("batteryMv", m.batteryMv) +
      integerField("rssi", m.rssi) +
      integerField("memFree", m.memFree) +
      integerField("memTotal", m.memTotal) +
      integerField("falseTriggers", m.falseTriggers) +
      integerField("outbox", m.outbox) +
      integerField("refusals", m.refusals),
  );
}

export function decodeTelemetry(text: unknown): Decoded<Telemetry> {
  const r = openRecord(text);
  return closeRecord(r, {
    boot: readHex(r, "boot", 16),
    uptimeMs: readInteger(r, "uptimeMs", 0, INTEGER_MAX),
    state: readWord(r, "state", TRAP_STATES),
    batteryMv: readInteger(r, "batteryMv", 0, 65535),
    rssi: readInteger(r, "rssi", -200, 0),
    memFree: readInteger(r, "memFree", 0, INTEGER_MAX),
    memTotal: readInteger(r, "memTotal", 0, INTEGER_MAX),
    falseTriggers: readInteger(r, "falseTriggers", 0, INTEGER_MAX),
    outbox: readInteger(r, "outbox", 0, INTEGER_MAX),
    refusals: readInteger(r, "refusals", 0, INTEGER_MAX),
  });
}

export function encodeConfiguration(m: Configuration): string {
  return endRecord(
    startRecord() +
      integerField("rev", m.rev) +
      integerField("telemetryS", m.telemetryS) +
      integerField("confirmMs", m.confirmMs) +
      integerField("armDelayMs", m.armDelayMs) +
      booleanField("buzzer", m.buzzer),
  );
}

export function decodeConfiguration(text: unknown): Decoded<Configuration> {
  const r = openRecord(text);
  return closeRecord(r, {
    rev: readInteger(r, "rev", 0, 2147483647),
    telemetryS: readInteger(r, "telemetryS", TELEMETRY_S_MIN, TELEMETRY_S_MAX),
    confirmMs: readInteger(r, "confirmMs", CONFIRM_MS_MIN, CONFIRM_MS_MAX),
    armDelayMs: readInteger(r, "armDelayMs", ARM_DELAY_MS_MIN, ARM_DELAY_MS_MAX),
    buzzer: readBoolean(r, "buzzer"),
  });
}

export function encodeUpdateProgress(m: UpdateProgress): string {
  return endRecord(
    startRecord() +
      textField("id", m.id) +
      textField("phase", m.phase) +
      integerField("code", m.code) +
      integerField("received", m.received),
  );
}

export function decodeUpdateProgress(text: unknown): Decoded<UpdateProgress> {
  const r = openRecord(text);
  return closeRecord(r, {
    id: readUuid(r, "id"),
    phase: readWord(r, "phase", UPDATE_PHASES),
    code: readInteger(r, "code", 0, CODE_NUMBER_MAX),
    received: readInteger(r, "received", 0, SIGNED_FIRMWARE_BYTES_MAX),
  });
}

export function encodeCommandResult(m: CommandResult): string {
  return endRecord(startRecord() + integerField("id", m.id) + integerField("code", m.code));
}

export function decodeCommandResult(text: unknown): Decoded<CommandResult> {
  const r = openRecord(text);
  return closeRecord(r, {
    id: readInteger(r, "id", 1, 2147483647),
    code: readInteger(r, "code", 0, CODE_NUMBER_MAX),
  });
}

export function encodeWill(m: Will): string {
  return endRecord(startRecord() + textField("boot", m.boot) + integerField("session", m.session));
}

export function decodeWill(text: unknown): Decoded<Will> {
  const r = openRecord(text);
  return closeRecord(r, { boot: readHex(r, "boot", 16), session: readInteger(r, "session", 1, INTEGER_MAX) });
}

export function encodeAck(m: Ack): string {
  return endRecord(startRecord() + textField("boot", m.boot) + integerField("seq", m.seq));
}

export function decodeAck(text: unknown): Decoded<Ack> {
  const r = openRecord(text);
  return closeRecord(r, { boot: readHex(r, "boot", 16), seq: readInteger(r, "seq", 1, INTEGER_MAX) });
}

export function encodeSessionStart(m: SessionStart): string {
  return endRecord(startRecord() + textField("nonce", m.nonce));
}

export function decodeSessionStart(text: unknown): Decoded<SessionStart> {
  const r = openRecord(text);
  return closeRecord(r, { nonce: readHex(r, "nonce", NONCE_CHARS) });
}

export function encodeWelcome(m: Welcome): string {
  return encodeWill(m);
}

/** It names a session as a will does. */
export function decodeWelcome(text: unknown): Decoded<Welcome> {
  return decodeWill(text);
}

export function encodeCommand(m: Command): string {
  return endRecord(startRecord() + integerField("id", m.id) + textField("command", m.command));
}

export function decodeCommand(text: unknown): Decoded<Command> {
  const r = openRecord(text);
  return closeRecord(r, { id: readInteger(r, "id", 1, 2147483647), command: readWord(r, "command", COMMANDS) });
}

export function encodeUpdateOffer(m: UpdateOffer): string {
  return endRecord(
    startRecord() +
      textField("id", m.id) +
      textField("firmware", m.firmware) +
      textField("version", m.version) +
      integerField("size", m.size) +
      textField("sha256", m.sha256) +
      integerField("chunk", m.chunk),
  );
}

export function decodeUpdateOffer(text: unknown): Decoded<UpdateOffer> {
  const r = openRecord(text);
  return closeRecord(r, {
    id: readUuid(r, "id"),
    firmware: readUuid(r, "firmware"),
    version: readText(r, "version", 1, 32),
    size: readInteger(r, "size", 1, SIGNED_FIRMWARE_BYTES_MAX),
    sha256: readHex(r, "sha256", 64),
    chunk: readInteger(r, "chunk", 1, FIRMWARE_CHUNK_BYTES_MAX),
  });
}

function named<N extends string, T>(name: N, decoded: Decoded<T>): Decoded<{ name: N; value: T }> {
  return decoded.ok ? { ok: true, value: { name: name, value: decoded.value } } : decoded;
}

/** Decode what a device published on `up/{name}`. For the cloud and the bench; the device itself never calls it. */
export function decodeUp(name: UpName, text: unknown): Decoded<UpMessage> {
  switch (name) {
    case "hello":
      return named(name, decodeHello(text));
    case "event":
      return named(name, decodeEvent(text));
    case "telemetry":
      return named(name, decodeTelemetry(text));
    case "reported":
      return named(name, decodeConfiguration(text));
    case "update":
      return named(name, decodeUpdateProgress(text));
    case "result":
      return named(name, decodeCommandResult(text));
    case "will":
      return named(name, decodeWill(text));
    default:
      return { ok: false, code: CODE_UNKNOWN_TOPIC, field: "" };
  }
}

/** Decode what arrived on `down/{name}`, its seal taken off. */
export function decodeDown(name: DownName, text: unknown): Decoded<DownMessage> {
  switch (name) {
    case "ack":
      return named(name, decodeAck(text));
    case "command":
      return named(name, decodeCommand(text));
    case "config":
      return named(name, decodeConfiguration(text));
    case "offer":
      return named(name, decodeUpdateOffer(text));
    case "session":
      return named(name, decodeSessionStart(text));
    case "welcome":
      return named(name, decodeWelcome(text));
    default:
      return { ok: false, code: CODE_UNKNOWN_TOPIC, field: "" };
  }
}

/** Encode what the cloud publishes on `down/{message.name}`. */
export function encodeDown(message: DownMessage): string {
  switch (message.name) {
    case "ack":
      return encodeAck(message.value);
    case "command":
      return encodeCommand(message.value);
    case "config":
      return encodeConfiguration(message.value);
    case "session":
      return encodeSessionStart(message.value);
    case "welcome":
      return encodeWelcome(message.value);
    default:
      return encodeUpdateOffer(message.value);
  }
}
