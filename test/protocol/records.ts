// Owns the list of every record of the contract, each with its two directions and a generator of all values it can carry.
// A test compares the list with what #protocol exports, so that none can be forgotten.
import * as fc from "fast-check";
import * as protocol from "#protocol";
import {
  configurationValue,
  eventValue,
  flag,
  helloValue,
  hex,
  identityValue,
  integer,
  macAddress,
  manifestValue,
  printable,
  record,
  serialNumber,
  telemetryValue,
  uuid,
  word,
} from "./arbitraries.ts";

export interface RecordCase<T> {
  /** Of its golden file; `encodeHello` is `hello`. */
  name: string;
  encode(value: T): string;
  decode(text: unknown): protocol.Decoded<T>;
  /** Every value the record can carry. */
  values: fc.Arbitrary<T>;
  /** It is read only as it is written: no spaces, no other order, no further fields. */
  oneSpelling?: boolean;
}

function define<T>(one: RecordCase<T>): RecordCase<T> {
  return one;
}

const int31 = 2147483647;
const challenge = hex(protocol.CHALLENGE_CHARS);
const proof = hex(protocol.PROOF_CHARS);
const credentials = record({
  tenant: uuid,
  device: uuid,
  host: printable(1, 253),
  port: integer(1, 65535),
  user: uuid,
  sealed: proof,
});

const credentialsAnswer: fc.Arbitrary<protocol.CredentialsAnswer> = fc.oneof(
  record({ status: fc.constant("ready" as const), challenge, credentials, proof }),
  record({
    status: fc.constantFrom("waiting", "confirmed", "released", "closed"),
    challenge,
    credentials: fc.constant(null),
    proof,
  }),
);

/** Every record: what MQTT carries first, then what HTTP and the flash do, then what is signed. */
export const RECORDS: RecordCase<object>[] = [
  define({ name: "hello", encode: protocol.encodeHello, decode: protocol.decodeHello, values: helloValue }),
  define({ name: "event", encode: protocol.encodeEvent, decode: protocol.decodeEvent, values: eventValue }),
  define({
    name: "telemetry",
    encode: protocol.encodeTelemetry,
    decode: protocol.decodeTelemetry,
    values: telemetryValue,
  }),
  define({
    name: "configuration",
    encode: protocol.encodeConfiguration,
    decode: protocol.decodeConfiguration,
    values: configurationValue,
  }),
  define({
    name: "update-progress",
    encode: protocol.encodeUpdateProgress,
    decode: protocol.decodeUpdateProgress,
    values: record({
      id: uuid,
      phase: word(protocol.UPDATE_PHASES),
      code: integer(0, 65535),
      received: integer(0, protocol.SIGNED_FIRMWARE_BYTES_MAX),
    }),
  }),
  define({
    name: "command-result",
    encode: protocol.encodeCommandResult,
    decode: protocol.decodeCommandResult,
    values: record({ id: integer(1, int31), code: integer(0, 65535) }),
  }),
  define({
    name: "will",
    encode: protocol.encodeWill,
    decode: protocol.decodeWill,
    values: record({ boot: hex(16), session: integer(1, protocol.INTEGER_MAX) }),
  }),
  define({
    name: "session-start",
    encode: protocol.encodeSessionStart,
    decode: protocol.decodeSessionStart,
    values: record({ nonce: hex(protocol.NONCE_CHARS) }),
  }),
  define({
    name: "welcome",
    encode: protocol.encodeWelcome,
    decode: protocol.decodeWelcome,
    values: record({ boot: hex(16), session: integer(1, protocol.INTEGER_MAX) }),
  }),
  define({
    name: "ack",
    encode: protocol.encodeAck,
    decode: protocol.decodeAck,
    values: record({ boot: hex(16), seq: integer(1, protocol.INTEGER_MAX) }),
  }),
  define({
    name: "command",
    encode: protocol.encodeCommand,
    decode: protocol.decodeCommand,
    values: record({ id: integer(1, int31), command: word(protocol.COMMANDS) }),
  }),
  define({
    name: "update-offer",
    encode: protocol.encodeUpdateOffer,
    decode: protocol.decodeUpdateOffer,
    values: record({
      id: uuid,
      firmware: uuid,
      version: printable(1, 32),
      size: integer(1, protocol.SIGNED_FIRMWARE_BYTES_MAX),
      sha256: hex(64),
      chunk: integer(1, protocol.FIRMWARE_CHUNK_BYTES_MAX),
    }),
  }),
  define({
    name: "challenge-request",
    encode: protocol.encodeChallengeRequest,
    decode: protocol.decodeChallengeRequest,
    values: record({ serial: serialNumber }),
  }),
  define({
    name: "challenge-answer",
    encode: protocol.encodeChallengeAnswer,
    decode: protocol.decodeChallengeAnswer,
    values: record({ challenge }),
  }),
  define({
    name: "claim-request",
    encode: protocol.encodeClaimRequest,
    decode: protocol.decodeClaimRequest,
    values: record({ serial: serialNumber, mac: macAddress, challenge, code: printable(0, 10), proof }),
  }),
  define({
    name: "claim-answer",
    encode: protocol.encodeClaimAnswer,
    decode: protocol.decodeClaimAnswer,
    values: record({ status: word(protocol.CLAIM_STATUSES), expiresInS: integer(0, 86400), challenge, proof }),
  }),
  define({
    name: "proven-request",
    encode: protocol.encodeProvenRequest,
    decode: protocol.decodeProvenRequest,
    values: record({ serial: serialNumber, challenge, proof }),
  }),
  define({
    name: "credentials-answer",
    encode: protocol.encodeCredentialsAnswer,
    decode: protocol.decodeCredentialsAnswer,
    values: credentialsAnswer,
  }),
  define({
    name: "release-answer",
    encode: protocol.encodeReleaseAnswer,
    decode: protocol.decodeReleaseAnswer,
    values: record({ status: word(protocol.RELEASE_STATUSES), proof }),
  }),
  define({ name: "identity", encode: protocol.encodeIdentity, decode: protocol.decodeIdentity, values: identityValue }),
  define({
    name: "manifest",
    encode: protocol.encodeManifest,
    decode: protocol.decodeManifest,
    values: manifestValue,
    oneSpelling: true,
  }),
];

/** Values no encoder should ever be given, of the right types all the same: wrong lengths, ranges, characters, no numbers at all. */
export function wildValues(like: object): fc.Arbitrary<object> {
  const fields = Object.entries(like).map(([name, value]): [string, fc.Arbitrary<unknown>] => {
    if (typeof value === "string") return [name, fc.string({ unit: "binary", maxLength: 1500 })];
    if (typeof value === "number") return [name, fc.oneof(fc.double(), fc.integer(), fc.maxSafeInteger())];
    if (typeof value === "boolean") return [name, flag];
    return [name, value === null ? fc.constant(null) : wildValues(value)];
  });
  return record(Object.fromEntries(fields));
}
