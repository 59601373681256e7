// Owns what an exchange between a trap and the cloud becomes in a recording: records by topic and by step, without seals, proofs,
// challenges and passwords. For whoever listens on the wire, in between or at one end. What cannot be read becomes a remark.
import {
  type Decoded,
  decodeChallengeAnswer,
  decodeClaimAnswer,
  decodeClaimRequest,
  decodeCredentialsAnswer,
  decodeDown,
  decodeReleaseAnswer,
  decodeUp,
  type FieldValue,
  parseTopic,
  splitSealed,
} from "#protocol";
import type { RecordedEntry, RecordFields, TrapStep } from "./entries.ts";
import { TRAP_STEPS } from "./entries.ts";

/** A PUBLISH of either side. @param payload each character one byte */
export function overhearMessage(topic: string, payload: string): RecordedEntry {
  const parsed = parseTopic(topic);
  if (parsed === null) return { kind: "remark", text: "a message on a topic that is not of the tree" };
  const what = `${parsed.direction}/${parsed.name}`;
  if (parsed.direction === "down" && parsed.name === "session") {
    return { kind: "mqtt", direction: "in", name: "session", record: {} };
  }
  const sealed = splitSealed(payload);
  if (!sealed.ok) return { kind: "remark", text: `a message on ${what} that is not sealed` };
  if (parsed.direction === "up") {
    const decoded = decodeUp(parsed.name, sealed.record);
    if (!decoded.ok) return { kind: "remark", text: `a message on ${what} that cannot be read` };
    return { kind: "mqtt", direction: "out", name: parsed.name, record: { ...decoded.value.value } };
  }
  const decoded = decodeDown(parsed.name, sealed.record);
  if (!decoded.ok) return { kind: "remark", text: `a message on ${what} that cannot be read` };
  return { kind: "mqtt", direction: "in", name: parsed.name, record: { ...decoded.value.value } };
}

interface Address {
  step: TrapStep;
  fields: RecordFields;
}

/** Null for what is none of a trap's. */
export function parseStep(path: string): Address | null {
  const [, device, version, step = "", firmware = "", chunks, number] = path.split("/");
  if (device !== "device" || version !== "v1") return null;
  if (step === "firmware")
    return chunks === "chunks" ? { step, fields: { firmware, number: Number(number) || 0 } } : null;
  const known = TRAP_STEPS.find((one) => one === step);
  return known === undefined ? null : { step: known, fields: {} };
}

/** What a trap asks. @param body each character one byte */
export function overhearRequest(path: string, body: string): RecordedEntry {
  const address = parseStep(path);
  if (address === null) return { kind: "remark", text: "a request that is none of a trap's" };
  if (address.step !== "claiming") return { kind: "request", ...address };
  const asked = decodeClaimRequest(body);
  return {
    kind: "request",
    step: "claiming",
    fields: { code: asked.ok && asked.value.code !== "" ? "<claim-code>" : "" },
  };
}

/** What it is answered. @param body each character one byte @param status 0 if there was no answer */
export function overhearAnswer(path: string, status: number, body: string): RecordedEntry {
  const address = parseStep(path);
  if (address === null) return { kind: "remark", text: "an answer that is none of a trap's" };
  const { step, fields } = address;
  if (step === "firmware") {
    const base64 = status === 200 ? { body: Buffer.from(body, "latin1").toString("base64") } : {};
    return { kind: "answer", step, status, fields, ...base64 };
  }
  return { kind: "answer", step, status, fields: status === 200 ? (readAnswer(step, body) ?? {}) : {} };
}

/** What an answer says, without what is good once; null if it cannot be read. */
export function readAnswer(step: Exclude<TrapStep, "firmware">, body: string): RecordFields | null {
  switch (step) {
    case "challenges":
      return decodeChallengeAnswer(body).ok ? {} : null;
    case "claiming":
      return pick(decodeClaimAnswer(body), ({ status, expiresInS }) => ({ status, expiresInS }));
    case "release":
      return pick(decodeReleaseAnswer(body), ({ status }) => ({ status }));
    default:
      return pick(decodeCredentialsAnswer(body), ({ status, credentials }) => {
        const given: Record<string, FieldValue> = { status };
        if (credentials !== null) Object.assign(given, { tenant: credentials.tenant, device: credentials.device });
        return given;
      });
  }
}

function pick<T>(decoded: Decoded<T>, read: (value: T) => RecordFields): RecordFields | null {
  return decoded.ok ? read(decoded.value) : null;
}

/** What a tap in between hears. `bytes` are the message as it passed; only an answer's are looked at, for a chunk of firmware. */
export interface TappedMessage {
  link: "http" | "mqtt";
  direction: "up" | "down";
  name: string;
  status?: number;
  body: string;
  topic?: string;
  bytes: Uint8Array;
}

const HEAD_END = "\r\n\r\n";

/** Null for what a recording does not need: pings, acknowledgements of packets, bytes nobody can read. */
export function overhearTapped(message: TappedMessage): RecordedEntry | null {
  const { link, direction, name, topic } = message;
  if (link === "http") return overhearTappedHttp(message);
  if (topic !== undefined) return overhearMessage(topic, message.body);
  if (direction === "up") return name === "disconnect" ? { kind: "mqtt-end", by: "trap" } : null;
  // The second byte of a CONNACK's body.
  return name === "connack" ? { kind: "mqtt-connect", returnCode: message.bytes[3] ?? 0 } : null;
}

function overhearTappedHttp({ direction, name, status, body, bytes }: TappedMessage): RecordedEntry | null {
  const path = name.slice(name.indexOf(" ") + 1);
  if (parseStep(path) === null) return null;
  if (direction === "up") return overhearRequest(path, body);
  const whole = Buffer.from(bytes);
  return overhearAnswer(path, status ?? 0, whole.toString("latin1", whole.indexOf(HEAD_END) + HEAD_END.length));
}
