// Owns the bound on every MQTT packet, before anyone is authenticated and before a parser keeps a byte [GUARD-1]: a state machine over the
// framing alone. It stands at the type byte, in the remaining length (at most four bytes), or in the body, counting down. What a packet
// means is the broker's.

export type GuardRefusal = "packet-too-large" | "malformed-length" | "not-connect";

/** What a chunk completed: the types (high four bits of the first byte) of the packets that ended in it, in order. */
export type Guarded = { ok: true; types: number[] } | { ok: false; refusal: GuardRefusal };

export interface PacketGuard {
  /** Look at the next bytes of the connection. After a refusal the connection is over; nothing more may be fed. */
  feed(chunk: Uint8Array): Guarded;
}

export const PACKET_CONNECT = 1;
export const PACKET_DISCONNECT = 14;

const LENGTH_BYTES_MAX = 4;

/** @param packetBytesMax longest packet taken, its header included */
export function createPacketGuard(packetBytesMax: number): PacketGuard {
  let phase: "type" | "length" | "body" = "type";
  let type = 0;
  let isFirst = true;
  let length = 0;
  let lengthBytes = 0;
  let left = 0;

  function takeType(byte: number): GuardRefusal | null {
    type = byte >> 4;
    if (isFirst && type !== PACKET_CONNECT) return "not-connect";
    isFirst = false;
    phase = "length";
    length = 0;
    lengthBytes = 0;
    return null;
  }

  function takeLength(byte: number, types: number[]): GuardRefusal | null {
    length += (byte & 127) * 128 ** lengthBytes;
    lengthBytes += 1;
    if (1 + lengthBytes + length > packetBytesMax) return "packet-too-large";
    if (byte >= 128) return lengthBytes === LENGTH_BYTES_MAX ? "malformed-length" : null;
    phase = "body";
    left = length;
    endBody(types);
    return null;
  }

  function endBody(types: number[]): void {
    if (left > 0) return;
    types.push(type);
    phase = "type";
  }

  return {
    feed(chunk) {
      const types: number[] = [];
      for (let at = 0; at < chunk.length; ) {
        if (phase === "body") {
          const taken = Math.min(left, chunk.length - at);
          left -= taken;
          at += taken;
          endBody(types);
          continue;
        }
        const byte = chunk[at] ?? 0;
        at += 1;
        const refusal = phase === "type" ? takeType(byte) : takeLength(byte, types);
        if (refusal !== null) return { ok: false, refusal };
      }
      return { ok: true, types };
    },
  };
}
