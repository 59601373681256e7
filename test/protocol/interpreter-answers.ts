// Owns the questions that Node and the interpreter are both asked about the contract: one line in, one line out, by the same code, which
// therefore keeps to the dialect. The answers must be equal to the byte [WIRE-1].
import {
  type Decoded,
  decodeAck,
  decodeChallengeAnswer,
  decodeChallengeRequest,
  decodeClaimAnswer,
  decodeClaimRequest,
  decodeCommand,
  decodeCommandResult,
  decodeConfiguration,
  decodeCredentialsAnswer,
  decodeEvent,
  decodeHello,
  decodeIdentity,
  decodeManifest,
  decodeProvenRequest,
  decodeReleaseAnswer,
  decodeSessionStart,
  decodeTelemetry,
  decodeUpdateOffer,
  decodeUpdateProgress,
  decodeWelcome,
  decodeWill,
  downTopic,
  encodeAck,
  encodeChallengeAnswer,
  encodeChallengeRequest,
  encodeClaimAnswer,
  encodeClaimRequest,
  encodeCommand,
  encodeCommandResult,
  encodeConfiguration,
  encodeCredentialsAnswer,
  encodeEvent,
  encodeHello,
  encodeIdentity,
  encodeManifest,
  encodeProvenRequest,
  encodeReleaseAnswer,
  encodeSessionStart,
  encodeTelemetry,
  encodeUpdateOffer,
  encodeUpdateProgress,
  encodeWelcome,
  encodeWill,
  formatConsoleCommand,
  formatConsoleLine,
  integerField,
  joinSealed,
  normalizeClaimCode,
  parseConsoleCommand,
  parseConsoleLine,
  parseTopic,
  splitSealed,
  upTopic,
} from "#protocol";

interface Codec {
  encode(value: unknown): string;
  decode(text: unknown): Decoded<unknown>;
}

interface Pair<T> {
  encode(value: T): string;
  decode(text: unknown): Decoded<T>;
}

function codec<T>(pair: Pair<T>): Codec {
  return { encode: (value) => pair.encode(value as T), decode: (text) => pair.decode(text) };
}

const CODECS: { [name: string]: Codec } = {
  hello: codec({ encode: encodeHello, decode: decodeHello }),
  event: codec({ encode: encodeEvent, decode: decodeEvent }),
  telemetry: codec({ encode: encodeTelemetry, decode: decodeTelemetry }),
  configuration: codec({ encode: encodeConfiguration, decode: decodeConfiguration }),
  "update-progress": codec({ encode: encodeUpdateProgress, decode: decodeUpdateProgress }),
  "command-result": codec({ encode: encodeCommandResult, decode: decodeCommandResult }),
  will: codec({ encode: encodeWill, decode: decodeWill }),
  "session-start": codec({ encode: encodeSessionStart, decode: decodeSessionStart }),
  welcome: codec({ encode: encodeWelcome, decode: decodeWelcome }),
  ack: codec({ encode: encodeAck, decode: decodeAck }),
  command: codec({ encode: encodeCommand, decode: decodeCommand }),
  "update-offer": codec({ encode: encodeUpdateOffer, decode: decodeUpdateOffer }),
  "challenge-request": codec({ encode: encodeChallengeRequest, decode: decodeChallengeRequest }),
  "challenge-answer": codec({ encode: encodeChallengeAnswer, decode: decodeChallengeAnswer }),
  "claim-request": codec({ encode: encodeClaimRequest, decode: decodeClaimRequest }),
  "claim-answer": codec({ encode: encodeClaimAnswer, decode: decodeClaimAnswer }),
  "proven-request": codec({ encode: encodeProvenRequest, decode: decodeProvenRequest }),
  "credentials-answer": codec({ encode: encodeCredentialsAnswer, decode: decodeCredentialsAnswer }),
  "release-answer": codec({ encode: encodeReleaseAnswer, decode: decodeReleaseAnswer }),
  identity: codec({ encode: encodeIdentity, decode: decodeIdentity }),
  manifest: codec({ encode: encodeManifest, decode: decodeManifest }),
};

function answerRecord(one: Codec, text: unknown): string {
  const read = one.decode(text);
  return read.ok ? "read " + one.encode(read.value) : "refused " + read.code + " " + read.field;
}

function answerTopic(text: string): string {
  const read = parseTopic(text);
  if (!read) return "no topic";
  return read.direction === "up"
    ? upTopic(read.tenant, read.device, read.name)
    : downTopic(read.tenant, read.device, read.name);
}

function answerLine(text: string): string {
  const read = parseConsoleLine(text);
  return read ? formatConsoleLine(read.ms, read.name, read.fields) : "no line";
}

function answerOrder(text: string): string {
  const read = parseConsoleCommand(text);
  return read ? formatConsoleCommand(read.name, read.fields) : "no order";
}

/** On one line: what is split has no line feed but the one it is split at, and seals are compared and not read. */
function answerSealed(payload: unknown): string {
  const split = splitSealed(payload);
  if (!split.ok) return "refused " + split.code;
  const same = joinSealed(split.record, split.count, split.seal) === payload;
  return "split " + split.record.length + " " + split.count + " " + split.seal.length + " " + same;
}

/**
 * @param question `encode <record> <value as JSON>`, `decode <record> <text as JSON>`, or `topic`, `line`, `order`, `sealed`, `code` or `integer`
 * with a dash for the record.
 */
export function answer(question: string): string {
  const first = question.indexOf(" ");
  const second = question.indexOf(" ", first + 1);
  const name = question.substring(first + 1, second);
  const given = JSON.parse(question.substring(second + 1));
  const one = CODECS[name];
  switch (question.substring(0, first)) {
    case "encode":
      return one ? one.encode(given) : "no such record";
    case "decode":
      return one ? answerRecord(one, given) : "no such record";
    case "topic":
      return answerTopic(given);
    case "line":
      return answerLine(given);
    case "order":
      return answerOrder(given);
    case "sealed":
      return answerSealed(given);
    case "code":
      return "" + normalizeClaimCode(given);
    case "integer":
      return integerField("n", given);
    default:
      return "no such question";
  }
}
