// Owns the bytes of MQTT 3.1.1 as a trap speaks it: what a client sends, and what a server may send to one that subscribes with QoS 0
// and 1. Packets arrive in pieces of any size; what is too long or cannot be is an error, after which the connection is of no use.
import { type Bytes, PACKET_BYTES_MAX } from "#protocol";

export const CONNACK = 2;
export const PUBLISH = 3;
export const PUBACK = 4;
export const SUBACK = 9;
export const PINGRESP = 13;

/** CONNACK codes that tell of the credentials; the others are the server's own trouble. */
export const CONNECT_BAD_CREDENTIALS = 4;
export const CONNECT_NOT_AUTHORIZED = 5;

export const PINGREQ_BYTES: Bytes = "\xc0\x00";
export const DISCONNECT_BYTES: Bytes = "\xe0\x00";

export interface Packet {
  type: number;
  /** Packet identifier; 0 where there is none. */
  id: number;
  /** CONNACK: the return code; SUBACK: the worst of the return codes; PUBLISH: the QoS. */
  code: number;
  topic: string;
  payload: Bytes;
}

export interface Parsed {
  packets: Packet[];
  /** The beginning of a packet whose end has not arrived. */
  rest: Bytes;
  /** Empty, or why the connection must be closed. Packets before the fault are still given. */
  error: string;
}

export interface ConnectOptions {
  clientId: string;
  user: string;
  password: string;
  keepAliveS: number;
  willTopic: string;
  willPayload: Bytes;
}

function word(n: number): Bytes {
  return String.fromCharCode((n >> 8) & 255, n & 255);
}

function text(s: Bytes): Bytes {
  return word(s.length) + s;
}

/** @param first the packet's first byte */
function frame(first: number, body: Bytes): Bytes {
  let head = String.fromCharCode(first);
  let left = body.length;
  while (true) {
    const digit = left & 127;
    left = left >> 7;
    head += String.fromCharCode(left > 0 ? digit | 128 : digit);
    if (left === 0) return head + body;
  }
}

/** Clean session, will of QoS 1 that is not retained, user name and password. */
export function encodeConnect(o: ConnectOptions): Bytes {
  const head = text("MQTT") + "\x04\xce" + word(o.keepAliveS);
  return frame(
    0x10,
    head + text(o.clientId) + text(o.willTopic) + text(o.willPayload) + text(o.user) + text(o.password),
  );
}

/** QoS 1, not retained. */
export function encodePublish(topic: string, payload: Bytes, id: number): Bytes {
  return frame(0x32, text(topic) + word(id) + payload);
}

export function encodePuback(id: number): Bytes {
  return frame(0x40, word(id));
}

/** Every filter with QoS 1. */
export function encodeSubscribe(filters: string[], id: number): Bytes {
  let body = word(id);
  for (const filter of filters) body += text(filter) + "\x01";
  return frame(0x82, body);
}

/** Take the whole packets from the front of what has arrived. Never throws. */
export function parsePackets(buffer: Bytes): Parsed {
  const packets: Packet[] = [];
  let at = 0;
  for (;;) {
    let length = 0;
    let shift = 0;
    let head = at + 1;
    let digit = 128;
    while (digit & 128 && shift < 28) {
      digit = buffer.charCodeAt(head);
      // Not arrived yet: past the end charCodeAt is NaN, and NaN & 128 is 0.
      if (head >= buffer.length) return { packets: packets, rest: buffer.substring(at), error: "" };
      length |= (digit & 127) << shift;
      shift += 7;
      head++;
    }
    if (digit & 128) return { packets: packets, rest: "", error: "malformed length" };
    if (head - at + length > PACKET_BYTES_MAX) return { packets: packets, rest: "", error: "packet too long" };
    if (buffer.length < head + length) return { packets: packets, rest: buffer.substring(at), error: "" };
    const packet = parsePacket(buffer.charCodeAt(at), buffer.substring(head, head + length));
    if (!packet) return { packets: packets, rest: "", error: "malformed packet" };
    packets.push(packet);
    at = head + length;
  }
}

function readWord16(body: Bytes, at: number): number {
  return (body.charCodeAt(at) << 8) | body.charCodeAt(at + 1);
}

/** Null if no server may send it. */
function parsePacket(first: number, body: Bytes): Packet | null {
  const packet: Packet = { type: first >> 4, id: 0, code: 0, topic: "", payload: "" };
  const length = body.length;
  if (packet.type === PUBLISH) return parsePublish(packet, first, body);
  if ((first & 15) !== 0) return null;
  switch (packet.type) {
    case CONNACK:
      packet.code = body.charCodeAt(1);
      return length === 2 ? packet : null;
    case PUBACK:
      packet.id = readWord16(body, 0);
      return length === 2 ? packet : null;
    case SUBACK:
      packet.id = readWord16(body, 0);
      for (let i = 2; i < length; i++) packet.code = Math.max(packet.code, body.charCodeAt(i));
      return length > 2 ? packet : null;
    case PINGRESP:
      return length === 0 ? packet : null;
    default:
      return null;
  }
}

function parsePublish(packet: Packet, first: number, body: Bytes): Packet | null {
  packet.code = (first >> 1) & 3;
  const topicEnd = 2 + readWord16(body, 0);
  const start = packet.code > 0 ? topicEnd + 2 : topicEnd;
  if (packet.code > 1 || body.length < 2 || topicEnd === 2 || start > body.length) return null;
  packet.topic = body.substring(2, topicEnd);
  if (packet.code > 0) {
    packet.id = readWord16(body, topicEnd);
    if (packet.id === 0) return null;
  }
  packet.payload = body.substring(start);
  return packet;
}
