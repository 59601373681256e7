// Owns cutting what passes a relay into messages, HTTP and MQTT alike, without changing a byte of it. What cannot be read is handed on as it
// comes: a relay must never stand between two that understand each other [BENCH-62].
import { parser as createMqttParser, type Packet } from "mqtt-packet";

export type TapDirection = "up" | "down";

/** One message on its way; `up` is from the trap to the cloud. */
export interface TapMessage {
  link: "http" | "mqtt";
  direction: TapDirection;
  /** What a suite asks for: "POST /device/v1/claiming" (request and answer alike), "publish event", "connack"; "" for bytes nobody can read. */
  name: string;
  /** Of an HTTP answer. */
  status?: number;
  /** Of an HTTP message, or of a publication. */
  body: string;
  /** Of a publication. */
  topic?: string;
  /** Of a connect: who it says it is, and the topic of its last will. */
  clientId?: string;
  willTopic?: string;
  /** As it passed. */
  bytes: Uint8Array;
}

export interface Splitter {
  /** The whole messages there are now, in order. */
  take(bytes: Uint8Array): TapMessage[];
  /** What is left at the end of the stream. */
  rest(): TapMessage[];
}

const HEAD_BYTES_MAX = 16_384;
const HEAD_END = "\r\n\r\n";

function raw(link: TapMessage["link"], direction: TapDirection, bytes: Uint8Array): TapMessage[] {
  return bytes.length === 0 ? [] : [{ link, direction, name: "", body: "", bytes }];
}

interface Head {
  text: string;
  /** Of head and body. */
  length: number;
  headLength: number;
}

/** Undefined while it is incomplete; null where the length of its body is not told. */
function findHead(pending: Buffer): Head | undefined | null {
  const end = pending.indexOf(HEAD_END);
  if (end < 0) return pending.length > HEAD_BYTES_MAX ? null : undefined;
  const text = pending.toString("latin1", 0, end);
  const headLength = end + HEAD_END.length;
  if (/^transfer-encoding:/im.test(text)) return null;
  const told = /^content-length: *(\d+) *$/im.exec(text)?.[1];
  const isAnswer = text.startsWith("HTTP/");
  if (told === undefined && isAnswer && !/^HTTP\/1\.\d (204|304)/.test(text)) return null;
  const length = headLength + Number(told ?? 0);
  return { text, headLength, length };
}

/** `asked` is shared by both directions of a connection: an answer carries the name of what was asked. */
export function createHttpSplitter(direction: TapDirection, asked: string[]): Splitter {
  let pending = Buffer.alloc(0);
  let isRaw = false;

  function read({ text, headLength, length }: Head): TapMessage {
    const bytes = pending.subarray(0, length);
    pending = pending.subarray(length);
    const body = bytes.toString("utf8", headLength);
    if (direction === "up") {
      const [method = "", path = ""] = text.split(" ");
      const name = `${method} ${path}`;
      asked.push(name);
      return { link: "http", direction, name, body, bytes };
    }
    const status = Number(text.split(" ")[1]);
    return { link: "http", direction, name: asked.shift() ?? "", status, body, bytes };
  }

  return {
    take(bytes) {
      if (isRaw) return raw("http", direction, bytes);
      pending = Buffer.concat([pending, bytes]);
      const messages: TapMessage[] = [];
      for (;;) {
        const head = findHead(pending);
        if (head === null) {
          isRaw = true;
          return [...messages, ...this.rest()];
        }
        if (head === undefined || pending.length < head.length) return messages;
        messages.push(read(head));
      }
    },
    rest() {
      const bytes = pending;
      pending = Buffer.alloc(0);
      return raw("http", direction, bytes);
    },
  };
}

const LENGTH_BYTES_MAX = 4;

/** Bytes of the packet at the beginning; undefined while that is not known, null if it is no packet. */
function findPacketLength(pending: Buffer): number | undefined | null {
  let value = 0;
  for (let i = 0; i < LENGTH_BYTES_MAX; i++) {
    const byte = pending[1 + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 128 ** i;
    if ((byte & 0x80) === 0) return 2 + i + value;
  }
  return null;
}

export function createMqttSplitter(direction: TapDirection): Splitter {
  let pending = Buffer.alloc(0);
  let isRaw = false;
  return {
    take(bytes) {
      if (isRaw) return raw("mqtt", direction, bytes);
      pending = Buffer.concat([pending, bytes]);
      const messages: TapMessage[] = [];
      for (;;) {
        const length = findPacketLength(pending);
        if (length === null) {
          isRaw = true;
          return [...messages, ...this.rest()];
        }
        if (length === undefined || pending.length < length) return messages;
        const packet = pending.subarray(0, length);
        pending = pending.subarray(length);
        messages.push(readPacket(direction, packet));
      }
    },
    rest() {
      const bytes = pending;
      pending = Buffer.alloc(0);
      return raw("mqtt", direction, bytes);
    },
  };
}

function readPacket(direction: TapDirection, bytes: Buffer): TapMessage {
  let packet: Packet | undefined;
  const parser = createMqttParser();
  parser.on("packet", (read: Packet) => {
    packet = read;
  });
  // A packet that the parser refuses is the broker's to refuse as well: it passes.
  parser.on("error", () => undefined);
  parser.parse(bytes);
  const message = { link: "mqtt", direction, body: "", bytes } as const;
  if (packet === undefined) return { ...message, name: "" };
  if (packet.cmd === "publish") {
    const { topic } = packet;
    const name = `publish ${topic.replace(/^.*\//, "")}`;
    return { ...message, name, topic, body: packet.payload.toString("utf8") };
  }
  if (packet.cmd !== "connect") return { ...message, name: packet.cmd };
  return { ...message, name: "connect", clientId: packet.clientId, willTopic: packet.will?.topic };
}

const BODY_CHARS_TOLD = 300;

/** For the log: what passed, in one line, without passwords, which stand in no part of it that is told. */
export function describeMessage({ name, status, body, clientId, bytes }: TapMessage): string {
  const told = body.length > BODY_CHARS_TOLD ? `${body.slice(0, BODY_CHARS_TOLD)}...` : body;
  const printable = /^[\x20-\x7e]*$/.test(told) ? told : `(${bytes.length} bytes)`;
  return [name || `(${bytes.length} bytes)`, status, clientId, printable].filter((part) => part).join(" ");
}
