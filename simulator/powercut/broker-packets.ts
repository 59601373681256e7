// Owns the bytes of MQTT 3.1.1 as a broker sees them, for the scripted cloud: what a trap sends, and what it is answered. A codec of its
// own, so that the firmware's is not measured by itself.

export type ClientPacket =
  | { type: "connect"; user: string; password: string; willTopic: string; will: string }
  | { type: "subscribe"; id: number; filters: number }
  | { type: "publish"; id: number; topic: string; payload: string }
  | { type: "ping" }
  | { type: "other" };

interface Cursor {
  bytes: Buffer;
  at: number;
}

/** Whole packets from the front of what has arrived, and the rest. */
export function parseClientPackets(data: Buffer): { packets: ClientPacket[]; rest: Buffer } {
  const packets: ClientPacket[] = [];
  let rest = data;
  for (;;) {
    const found = cutPacket(rest);
    if (!found) return { packets, rest };
    packets.push(parsePacket(rest[0]! >> 4, { bytes: found.body, at: 0 }, (rest[0]! >> 1) & 3));
    rest = rest.subarray(found.length);
  }
}

function cutPacket(data: Buffer): { body: Buffer; length: number } | undefined {
  let length = 0;
  for (let i = 1; i < data.length && i < 5; i++) {
    length |= (data[i]! & 127) << (7 * (i - 1));
    if (data[i]! < 128) {
      const end = i + 1 + length;
      return end <= data.length ? { body: data.subarray(i + 1, end), length: end } : undefined;
    }
  }
  return undefined;
}

function parsePacket(type: number, body: Cursor, qos: number): ClientPacket {
  switch (type) {
    case 1: {
      // Protocol name, level, flags and keep alive are ten bytes; the firmware always leaves a will and logs in.
      body.at = 10;
      readText(body);
      const [willTopic, will, user, password] = [readText(body), readText(body), readText(body), readText(body)];
      return { type: "connect", user, password, willTopic, will };
    }
    case 3: {
      const topic = readText(body);
      const id = qos > 0 ? readWord(body) : 0;
      return { type: "publish", id, topic, payload: body.bytes.toString("latin1", body.at) };
    }
    case 8: {
      const id = readWord(body);
      let filters = 0;
      for (; body.at < body.bytes.length; body.at += 1, filters += 1) readText(body);
      return { type: "subscribe", id, filters };
    }
    case 12:
      return { type: "ping" };
    default:
      return { type: "other" };
  }
}

function readWord(cursor: Cursor): number {
  cursor.at += 2;
  return cursor.bytes.readUInt16BE(cursor.at - 2);
}

function readText(cursor: Cursor): string {
  const length = readWord(cursor);
  cursor.at += length;
  return cursor.bytes.toString("latin1", cursor.at - length, cursor.at);
}

function word(value: number): string {
  return String.fromCharCode(value >> 8, value & 255);
}

function frame(first: number, body: string): string {
  let length = body.length;
  let head = String.fromCharCode(first);
  while (length > 127) {
    head += String.fromCharCode((length & 127) | 128);
    length >>= 7;
  }
  return head + String.fromCharCode(length) + body;
}

export const PING_ANSWER = frame(0xd0, "");

/** @param code 0 accepts, 5 refuses the credentials */
export function encodeConnectAnswer(code: number): string {
  return frame(0x20, `\0${String.fromCharCode(code)}`);
}

export function encodeSubscribeAnswer(id: number, filters: number): string {
  return frame(0x90, word(id) + "\x01".repeat(filters));
}

export function encodePublishAnswer(id: number): string {
  return frame(0x40, word(id));
}

/** QoS 1. */
export function encodeMessage(topic: string, payload: string, id: number): string {
  return frame(0x32, word(topic.length) + topic + word(id) + payload);
}
