// Owns the images a bench flashes where nobody gave it an interpreter's real ones: a second loader, the interpreter's table of partitions, and a
// program that says it is the interpreter. They are images in every respect a loader can check, and reproducible to the byte; what runs after
// them is the simulator's.
import { createHash } from "node:crypto";
import { SECOND_LOADER_ADDRESS } from "./boot.ts";
import {
  CHECKSUM_BLOCK_BYTES,
  CHECKSUM_SEED,
  CHIP_ID,
  DESCRIPTION_BYTES,
  DESCRIPTION_MAGIC,
  IMAGE_HEADER_BYTES,
  IMAGE_MAGIC,
  SEGMENT_HEADER_BYTES,
} from "./image.ts";
import { viewOf } from "./packets.ts";
import {
  encodePartitionTable,
  PARTITION_TABLE_ADDRESS,
  type Partition,
  SUBTYPE_FACTORY,
  TYPE_APP,
  TYPE_DATA,
} from "./partition-table.ts";

export const PROGRAM_ADDRESS = 0x10000;

/** As the interpreter's build for a classic ESP32 with 4 MB divides it; the trap's own programs live in `storage`. */
export const INTERPRETER_PARTITIONS: readonly Partition[] = [
  { label: "nvs", type: TYPE_DATA, subtype: 0x02, address: 0x9000, length: 0x6000 },
  { label: "phy_init", type: TYPE_DATA, subtype: 0x01, address: 0xf000, length: 0x1000 },
  { label: "factory", type: TYPE_APP, subtype: SUBTYPE_FACTORY, address: PROGRAM_ADDRESS, length: 0x310000 },
  { label: "storage", type: TYPE_DATA, subtype: 0x81, address: 0x320000, length: 0xe0000 },
];

export interface FlashImage {
  name: string;
  address: number;
  bytes: Uint8Array;
}

/** The second loader, the table and the program, in the order of their addresses. */
export function createStandInImages(): FlashImage[] {
  return [
    { name: "bootloader.bin", address: SECOND_LOADER_ADDRESS, bytes: createSecondLoader() },
    { name: "partitions.bin", address: PARTITION_TABLE_ADDRESS, bytes: encodePartitionTable(INTERPRETER_PARTITIONS) },
    { name: "interpreter.bin", address: PROGRAM_ADDRESS, bytes: createProgram() },
  ];
}

export function createSecondLoader(): Uint8Array {
  return encodeImage(0x400806b4, [
    { address: 0x3fff0018, bytes: fill(4, "loader data") },
    { address: 0x3fff001c, bytes: fill(1100, "loader constants") },
    { address: 0x40078000, bytes: fill(9564, "loader code") },
    { address: 0x40080400, bytes: fill(6320, "loader entry") },
  ]);
}

/** @param projectName what its description says it is; the chip runs the interpreter alone */
export function createProgram(projectName = "espruino", version = "stand-in"): Uint8Array {
  const constants = fill(0x4000 - IMAGE_HEADER_BYTES - SEGMENT_HEADER_BYTES, "constants");
  constants.set(encodeDescription(projectName, version));
  return encodeImage(0x40081000, [
    { address: 0x3f400000 + IMAGE_HEADER_BYTES + SEGMENT_HEADER_BYTES, bytes: constants },
    { address: 0x3ffb0000, bytes: fill(0x800, "data") },
    // Up to the next page of the cache, so that the code behind it stands where it is seen.
    { address: 0x40080000, bytes: fill(0x10000 - 0x4000 - 0x800 - 3 * SEGMENT_HEADER_BYTES, "code in memory") },
    { address: 0x400d0000, bytes: fill(0x4000, "code") },
  ]);
}

function encodeDescription(projectName: string, version: string): Uint8Array {
  const bytes = new Uint8Array(DESCRIPTION_BYTES);
  viewOf(bytes).setUint32(0, DESCRIPTION_MAGIC, true);
  const put = (at: number, text: string) => bytes.set(new TextEncoder().encode(text).subarray(0, 31), at);
  put(16, version);
  put(48, projectName);
  put(112, "stand-in");
  return bytes;
}

/** A whole image with checksum and hash. Lengths of segments are multiples of 4. */
export function encodeImage(entry: number, segments: readonly { address: number; bytes: Uint8Array }[]): Uint8Array {
  const header = new Uint8Array(IMAGE_HEADER_BYTES);
  const view = viewOf(header);
  // DIO, 4 MB, 40 MHz; no pin for write protection; hash appended.
  header.set([IMAGE_MAGIC, segments.length, 2, 0x20]);
  view.setUint32(4, entry, true);
  header[8] = 0xee;
  view.setUint16(12, CHIP_ID, true);
  header[23] = 1;
  const parts: Uint8Array[] = [header];
  let checksum = CHECKSUM_SEED;
  for (const { address, bytes } of segments) {
    const head = new Uint8Array(SEGMENT_HEADER_BYTES);
    viewOf(head).setUint32(0, address, true);
    viewOf(head).setUint32(4, bytes.length, true);
    parts.push(head, bytes);
    checksum = bytes.reduce((sum, byte) => sum ^ byte, checksum);
  }
  const used = parts.reduce((sum, part) => sum + part.length, 0);
  const tail = new Uint8Array(CHECKSUM_BLOCK_BYTES - (used % CHECKSUM_BLOCK_BYTES));
  tail[tail.length - 1] = checksum;
  const body = Buffer.concat([...parts, tail]);
  return Uint8Array.from(Buffer.concat([body, createHash("sha256").update(body).digest()]));
}

/** Bytes that look like code to whoever compresses them: half of them drawn from a hash of `seed`, half the same. */
function fill(length: number, seed: string): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0, i = 0; at < length; at += 64, i++) {
    bytes.set(
      createHash("sha256")
        .update(`${seed} ${i}`)
        .digest()
        .subarray(0, Math.min(32, length - at)),
      at,
    );
  }
  return bytes;
}
