// Owns the bytes of a region as the loader takes them: one zlib stream, in packets that each hold little enough for their writing to be waited
// for, and for progress to be seen. Every piece is compressed for itself, which costs some bytes and makes the pieces countable.
import { constants, deflateRawSync } from "node:zlib";

export interface Packet {
  bytes: Uint8Array;
  /** How much of the region is told when this one is through. */
  done: number;
}

/** Erasing and writing that much takes a slow flash two seconds. */
const PIECE_BYTES = 0x10000;
const ZLIB_HEADER = [0x78, 0xda];
const ADLER_MODULUS = 65_521;
/** As many sums as fit into a number that is exact, far below that. */
const ADLER_RUN = 4096;

/** @param packetBytesMax of compressed bytes */
export function compressPackets(data: Uint8Array, packetBytesMax: number): Packet[] {
  const packets: Packet[] = [];
  for (let at = 0; at < data.length; at += PIECE_BYTES) {
    const done = Math.min(at + PIECE_BYTES, data.length);
    const isLast = done === data.length;
    const finishFlush = isLast ? constants.Z_FINISH : constants.Z_SYNC_FLUSH;
    const body = deflateRawSync(data.subarray(at, done), { level: 9, finishFlush });
    const parts = [
      at === 0 ? Buffer.from(ZLIB_HEADER) : Buffer.alloc(0),
      body,
      isLast ? adler32(data) : Buffer.alloc(0),
    ];
    packets.push(...cut(Buffer.concat(parts), packetBytesMax, at, done));
  }
  return packets;
}

function cut(bytes: Buffer, packetBytesMax: number, from: number, done: number): Packet[] {
  const count = Math.ceil(bytes.length / packetBytesMax);
  return Array.from({ length: count }, (_, i) => ({
    bytes: bytes.subarray(i * packetBytesMax, (i + 1) * packetBytesMax),
    done: from + Math.floor(((done - from) * (i + 1)) / count),
  }));
}

function adler32(data: Uint8Array): Buffer {
  let low = 1;
  let high = 0;
  for (let at = 0; at < data.length; at += ADLER_RUN) {
    for (const byte of data.subarray(at, at + ADLER_RUN)) {
      low += byte;
      high += low;
    }
    low %= ADLER_MODULUS;
    high %= ADLER_MODULUS;
  }
  const sum = Buffer.alloc(4);
  sum.writeUInt16BE(high, 0);
  sum.writeUInt16BE(low, 2);
  return sum;
}
