// Owns what an image of a program is on flash: header, segments, checksum, hash and the description in its first segment. It reports facts; what
// the ROM and the second loader make of them is in boot.ts and second-loader.ts.
import { createHash } from "node:crypto";
import { FLASH_BYTES, type Flash } from "../board/flash.ts";
import { viewOf } from "./packets.ts";

export const IMAGE_MAGIC = 0xe9;
export const IMAGE_HEADER_BYTES = 24;
export const SEGMENT_HEADER_BYTES = 8;
export const SEGMENTS_MAX = 16;
export const CHECKSUM_SEED = 0xef;
export const HASH_BYTES = 32;
/** The checksum is the last byte of a block of this size. */
export const CHECKSUM_BLOCK_BYTES = 16;
export const DESCRIPTION_MAGIC = 0xabcd5432;
export const DESCRIPTION_BYTES = 256;
/** Classic ESP32. */
export const CHIP_ID = 0;
/** In every build of the interpreter, within the banner it prints; for builds that carry no description. */
const INTERPRETER_SIGN = "espruino.com";

const NO_HEADER = new Uint8Array(IMAGE_HEADER_BYTES).fill(0xff);

export interface Segment {
  /** Where it is loaded or mapped. */
  address: number;
  length: number;
  /** Where its bytes are on flash. */
  dataAt: number;
}

export interface ImageFacts {
  /** The first four bytes, as the ROM tells them. */
  firstWord: number;
  magic: number;
  segmentCount: number;
  mode: number;
  clock: number;
  entry: number;
  chipId: number;
  /** Those that lie on the chip as a whole; fewer than `segmentCount` where the image is cut off. */
  segments: Segment[];
  checksum: { stored: number; calculated: number } | undefined;
  /** Undefined where the image carries none. */
  isHashRight: boolean | undefined;
  /** From the first byte to the last, hash included; 0 where it is cut off. */
  length: number;
}

export interface AppDescription {
  version: string;
  projectName: string;
  sdkVersion: string;
}

/** @param limit the image ends there at the latest, as its partition does */
export function readImage(flash: Flash, at: number, limit = FLASH_BYTES): ImageFacts {
  const header = at + IMAGE_HEADER_BYTES <= limit ? flash.view(at, IMAGE_HEADER_BYTES) : NO_HEADER;
  const view = viewOf(header);
  const facts: ImageFacts = {
    firstWord: view.getUint32(0, true),
    magic: header[0]!,
    segmentCount: header[1]!,
    mode: header[2]!,
    clock: header[3]! & 0x0f,
    entry: view.getUint32(4, true),
    chipId: view.getUint16(12, true),
    segments: [],
    checksum: undefined,
    isHashRight: undefined,
    length: 0,
  };
  if (facts.magic !== IMAGE_MAGIC || facts.segmentCount > SEGMENTS_MAX) return facts;
  const end = readSegments(flash, at + IMAGE_HEADER_BYTES, limit, facts);
  if (end !== undefined) readTail(flash, at, end, limit, header[23] === 1, facts);
  return facts;
}

/** @returns the address behind the last segment; undefined where one reaches beyond the limit */
function readSegments(flash: Flash, first: number, limit: number, facts: ImageFacts): number | undefined {
  let at = first;
  for (let i = 0; i < facts.segmentCount; i++) {
    if (at + SEGMENT_HEADER_BYTES > limit) return undefined;
    const view = viewOf(flash.view(at, SEGMENT_HEADER_BYTES));
    const segment = {
      address: view.getUint32(0, true),
      length: view.getUint32(4, true),
      dataAt: at + SEGMENT_HEADER_BYTES,
    };
    at = segment.dataAt + segment.length;
    if (at > limit) return undefined;
    facts.segments.push(segment);
  }
  return at;
}

function readTail(flash: Flash, at: number, end: number, limit: number, isHashed: boolean, facts: ImageFacts): void {
  const bodyBytes = Math.ceil((end - at + 1) / CHECKSUM_BLOCK_BYTES) * CHECKSUM_BLOCK_BYTES;
  const hashBytes = isHashed ? HASH_BYTES : 0;
  if (at + bodyBytes + hashBytes > limit) return;
  let calculated = CHECKSUM_SEED;
  for (const { dataAt, length } of facts.segments) {
    for (const byte of flash.view(dataAt, length)) calculated ^= byte;
  }
  const body = flash.view(at, bodyBytes);
  facts.checksum = { stored: body[bodyBytes - 1]!, calculated };
  if (isHashed) {
    const hash = createHash("sha256").update(body).digest();
    facts.isHashRight = hash.equals(flash.view(at + bodyBytes, HASH_BYTES));
  }
  facts.length = bodyBytes + hashBytes;
}

/** Undefined where the first segment does not begin with one. */
export function readDescription(flash: Flash, image: ImageFacts): AppDescription | undefined {
  const [first] = image.segments;
  if (first === undefined || first.length < DESCRIPTION_BYTES) return undefined;
  const bytes = flash.view(first.dataAt, DESCRIPTION_BYTES);
  if (viewOf(bytes).getUint32(0, true) !== DESCRIPTION_MAGIC) return undefined;
  const text = (from: number) => {
    const field = bytes.subarray(from, from + 32);
    const end = field.indexOf(0);
    return new TextDecoder("latin1").decode(field.subarray(0, end < 0 ? field.length : end));
  };
  return { version: text(16), projectName: text(48), sdkVersion: text(112) };
}

/** Whether this program is the interpreter: by its description, or, in older builds, by its banner. */
export function isInterpreter(flash: Flash, image: ImageFacts): boolean {
  const description = readDescription(flash, image);
  if (description !== undefined) return description.projectName.toLowerCase() === "espruino";
  return image.segments.some(({ dataAt, length }) =>
    Buffer.from(flash.view(dataAt, length)).includes(INTERPRETER_SIGN),
  );
}
