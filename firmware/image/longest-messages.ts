// Owns how long the messages of a trap can get: each with the longest values its fields may have, sealed, under the longest topic, in its
// packet. The interpreter's memory bounds them; the budget is the contract's own limits.
import {
  EVENT_KINDS,
  encodeAck,
  encodeCommand,
  encodeCommandResult,
  encodeConfiguration,
  encodeEvent,
  encodeHello,
  encodeSessionStart,
  encodeTelemetry,
  encodeUpdateOffer,
  encodeUpdateProgress,
  encodeWelcome,
  encodeWill,
  INTEGER_MAX,
  joinSealed,
  SEAL_COUNT_MAX,
  upTopic,
} from "#protocol";

export interface MessageLength {
  name: string;
  /** As it stands in the payload. */
  recordBytes: number;
  /** The whole packet, topic and seal included. */
  packetBytes: number;
}

const BOOT = "f".repeat(16);
const HASH = "f".repeat(64);
const ID = "ffffffff-ffff-4fff-8fff-ffffffffffff";
const TEXT = "x".repeat(32);
/** First byte, length in two bytes, length of the topic, packet identifier. */
const PACKET_HEAD_BYTES = 7;

const CONFIGURATION = { rev: 2147483647, telemetryS: 86400, confirmMs: 1000, armDelayMs: 60000, buzzer: false };
const STATE = "triggered";

/** Every message that goes on MQTT, in both directions. */
export function listLongestMessages(): MessageLength[] {
  const kind = EVENT_KINDS.reduce((longest, one) => (one.length > longest.length ? one : longest));
  const numbers = { uptimeMs: INTEGER_MAX, batteryMv: 65535, rssi: -200 };
  const records: [name: string, record: string][] = [
    [
      "hello",
      encodeHello({
        ...{ boot: BOOT, session: INTEGER_MAX, version: TEXT, sha256: HASH, hardware: TEXT, reason: 65535 },
        ...{ state: STATE, rev: 2147483647 },
        ...numbers,
      }),
    ],
    ["event", encodeEvent({ boot: BOOT, seq: INTEGER_MAX, age: INTEGER_MAX, exact: false, kind, value: -2147483648 })],
    [
      "telemetry",
      encodeTelemetry({
        ...{ boot: BOOT, state: STATE, memFree: INTEGER_MAX, memTotal: INTEGER_MAX, falseTriggers: INTEGER_MAX },
        ...{ outbox: INTEGER_MAX, refusals: INTEGER_MAX },
        ...numbers,
      }),
    ],
    ["reported", encodeConfiguration(CONFIGURATION)],
    ["update", encodeUpdateProgress({ id: ID, phase: "accepted", code: 65535, received: 999999 })],
    ["result", encodeCommandResult({ id: 2147483647, code: 65535 })],
    ["will", encodeWill({ boot: BOOT, session: INTEGER_MAX })],
    ["ack", encodeAck({ boot: BOOT, seq: INTEGER_MAX })],
    ["command", encodeCommand({ id: 2147483647, command: "identify" })],
    ["config", encodeConfiguration(CONFIGURATION)],
    ["offer", encodeUpdateOffer({ id: ID, firmware: ID, version: TEXT, size: 999999, sha256: HASH, chunk: 1024 })],
    ["session", encodeSessionStart({ nonce: "f".repeat(32) })],
    ["welcome", encodeWelcome({ boot: BOOT, session: INTEGER_MAX })],
  ];
  const topicBytes = upTopic(ID, ID, "telemetry").length;
  return records.map(([name, record]) => ({
    name,
    recordBytes: record.length,
    packetBytes: PACKET_HEAD_BYTES + topicBytes + joinSealed(record, SEAL_COUNT_MAX, HASH).length,
  }));
}
