// Owns the fast-check generators of what the contract is made of: words, numbers, identifiers, and the three large values.
import * as fc from "fast-check";
import * as protocol from "#protocol";

const HEX_DIGITS = [..."0123456789abcdef"];
const SERIAL_CHARS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"];
/** Space to tilde. */
const PRINTABLE = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));

export const flag = fc.boolean();
export const uuid = fc.uuid();

/** Objects as programs make them. (fast-check's own may lack a prototype, and are never equal to what a decoder returns.) */
export function record<T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record<T>(fields, { noNullPrototype: true });
}

export function integer(min: number, max: number): fc.Arbitrary<number> {
  return fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.constantFrom(min, max)).map((n) => {
    const span = BigInt(max) - BigInt(min) + 1n;
    return Number(BigInt(min) + ((((BigInt(n) - BigInt(min)) % span) + span) % span));
  });
}

export function word<W extends string>(words: readonly W[]): fc.Arbitrary<W> {
  return fc.constantFrom(...words);
}

export function hex(chars: number): fc.Arbitrary<string> {
  return text(HEX_DIGITS, chars, chars);
}

/** With more quotes and backslashes than chance would give. */
export function printable(min: number, max: number): fc.Arbitrary<string> {
  return fc.oneof(text(PRINTABLE, min, max), text(['"', "\\", "a", " "], min, max));
}

export function text(chars: readonly string[], min: number, max: number): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...chars), minLength: min, maxLength: max });
}

export const serialNumber = text(SERIAL_CHARS, 4, protocol.SERIAL_CHARS_MAX);
export const macAddress = fc.array(hex(2), { minLength: 6, maxLength: 6 }).map((bytes) => bytes.join(":"));

export const helloValue: fc.Arbitrary<protocol.Hello> = record({
  boot: hex(16),
  session: integer(1, protocol.INTEGER_MAX),
  version: printable(1, 32),
  sha256: hex(64),
  hardware: printable(1, 32),
  reason: integer(0, 65535),
  uptimeMs: integer(0, protocol.INTEGER_MAX),
  state: word(protocol.TRAP_STATES),
  rev: integer(0, 2147483647),
  batteryMv: integer(0, 65535),
  rssi: integer(-200, 0),
});

export const eventValue: fc.Arbitrary<protocol.DeviceEvent> = record({
  boot: hex(16),
  seq: integer(1, protocol.INTEGER_MAX),
  age: integer(0, protocol.INTEGER_MAX),
  exact: flag,
  kind: word(protocol.EVENT_KINDS),
  value: integer(-2147483648, 2147483647),
});

export const telemetryValue: fc.Arbitrary<protocol.Telemetry> = record({
  boot: hex(16),
  uptimeMs: integer(0, protocol.INTEGER_MAX),
  state: word(protocol.TRAP_STATES),
  batteryMv: integer(0, 65535),
  rssi: integer(-200, 0),
  memFree: integer(0, protocol.INTEGER_MAX),
  memTotal: integer(0, protocol.INTEGER_MAX),
  falseTriggers: integer(0, protocol.INTEGER_MAX),
  outbox: integer(0, protocol.INTEGER_MAX),
  refusals: integer(0, protocol.INTEGER_MAX),
});

export const configurationValue: fc.Arbitrary<protocol.Configuration> = record({
  rev: integer(0, 2147483647),
  telemetryS: integer(protocol.TELEMETRY_S_MIN, protocol.TELEMETRY_S_MAX),
  confirmMs: integer(protocol.CONFIRM_MS_MIN, protocol.CONFIRM_MS_MAX),
  armDelayMs: integer(protocol.ARM_DELAY_MS_MIN, protocol.ARM_DELAY_MS_MAX),
  buzzer: flag,
});

export const identityValue: fc.Arbitrary<protocol.Identity> = record({
  serial: serialNumber,
  mac: macAddress,
  key: hex(protocol.PROOF_CHARS),
  hardware: printable(1, 32),
  kind: word(protocol.TRAP_KINDS),
  host: printable(1, 253),
  port: integer(1, 65535),
});

export const manifestValue: fc.Arbitrary<protocol.Manifest> = record({
  product: printable(1, 32),
  hardware: printable(1, 32),
  version: printable(1, 32),
  counter: integer(1, protocol.MANIFEST_COUNTER_MAX),
  size: integer(1, protocol.FIRMWARE_BYTES_MAX),
  root: hex(64),
  notes: printable(0, protocol.MANIFEST_NOTES_CHARS_MAX),
});
