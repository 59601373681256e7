// Owns the file around a backup's text: gzip, as any tool reads it, whose header says how long the file is and what the bytes
// after the header hash to. gzip's own check leaves bits unwatched (its header, the padding of its last byte), this one none.
import * as crypto from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import * as zlib from "node:zlib";
import { explainWriting } from "./partial-file.ts";

export type FileFlaw = "empty" | "not-a-backup" | "truncated" | "longer" | "altered";

/** Thrown while reading; the reader turns it into an outcome. */
export class FileFlawError extends Error {
  override name = "FileFlawError";
  readonly flaw: FileFlaw;

  constructor(flaw: FileFlaw, message: string, cause?: unknown) {
    super(message, { cause });
    this.flaw = flaw;
  }
}

/** gzip, deflate, with an extra field, no time, unknown system; the field is ours (`TB`) and 40 bytes long. */
const HEADER_START = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 44, 0, 0x54, 0x42, 40, 0]);
const LENGTH_BYTES = 8;
const HEADER_BYTES = HEADER_START.length + LENGTH_BYTES + 32;
const READ_BYTES = 262_144;
const CHUNK_BYTES = 65_536;

/**
 * Writes the text's chunks into an empty file and makes sure they are on the disk.
 * @param file how an error is to call it
 * @returns its length in bytes
 * @throws BackupError `write-failed`; whatever the text throws
 */
export async function writeArchive(
  file: string,
  handle: FileHandle,
  text: AsyncIterable<Buffer>,
  signal?: AbortSignal,
): Promise<number> {
  let position = HEADER_BYTES;
  const hash = crypto.createHash("sha256");
  const append = async (bytes: Buffer) => {
    hash.update(bytes);
    await explainWriting(file, () => writeAt(handle, bytes, position));
    position += bytes.length;
  };
  const seen = { crc: 0, length: 0 };
  await pipeline(
    countText(text, seen),
    zlib.createDeflateRaw({ chunkSize: CHUNK_BYTES }),
    async (compressed: AsyncIterable<Buffer>) => {
      for await (const chunk of compressed) await append(chunk);
    },
    { signal },
  );
  const footer = Buffer.alloc(8);
  footer.writeUInt32LE(seen.crc, 0);
  footer.writeUInt32LE(seen.length % 2 ** 32, 4);
  await append(footer);
  await explainWriting(file, async () => {
    await writeAt(handle, encodeHeader(position, hash.digest()), 0);
    await handle.sync();
  });
  return position;
}

async function* countText(text: AsyncIterable<Buffer>, seen: { crc: number; length: number }): AsyncIterable<Buffer> {
  for await (const chunk of text) {
    seen.crc = zlib.crc32(chunk, seen.crc);
    seen.length += chunk.length;
    yield chunk;
  }
}

function encodeHeader(length: number, digest: Buffer): Buffer {
  const bytes = Buffer.alloc(LENGTH_BYTES);
  bytes.writeBigUInt64LE(BigInt(length));
  return Buffer.concat([HEADER_START, bytes, digest]);
}

/** A nearly full disk takes less than it is given, and says so only when it is asked again. */
async function writeAt(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/**
 * The text in chunks. Only when the last has been taken without an error is every byte of the file proven.
 * @param onRead hears how many bytes of how many have been read
 * @throws FileFlawError
 */
export async function* readArchive(
  handle: FileHandle,
  onRead: (bytes: number, ofBytes: number) => void = () => undefined,
): AsyncGenerator<Buffer> {
  const stat = await handle.stat();
  if (!stat.isFile()) throw new FileFlawError("not-a-backup", "it is no file");
  const { size } = stat;
  const digest = await readHeader(handle, size);
  const hash = crypto.createHash("sha256");
  const gunzip = zlib.createGunzip({ chunkSize: CHUNK_BYTES });
  const pumping = pipeline(readBytes(handle, size, hash, onRead), gunzip, { end: true });
  pumping.catch(() => undefined); // it is awaited below, unless the reader leaves early
  try {
    for await (const chunk of gunzip) yield chunk;
    await pumping;
  } catch (error) {
    if (error instanceof FileFlawError || !isDamage(error)) throw error;
    throw new FileFlawError("altered", "its compressed data are damaged", error);
  } finally {
    gunzip.destroy();
  }
  if (!hash.digest().equals(digest)) throw new FileFlawError("altered", "its bytes are not the ones that were written");
}

/** The digest that the bytes after the header have to have. */
async function readHeader(handle: FileHandle, size: number): Promise<Buffer> {
  if (size === 0) throw new FileFlawError("empty", "the file is empty");
  const header = Buffer.alloc(HEADER_BYTES);
  const { bytesRead } = await handle.read(header, 0, HEADER_BYTES, 0);
  const start = header.subarray(0, Math.min(bytesRead, HEADER_START.length));
  if (!start.equals(HEADER_START.subarray(0, start.length))) {
    throw new FileFlawError("not-a-backup", "it does not begin as a backup of Trapline does");
  }
  const length = header.readBigUInt64LE(HEADER_START.length);
  if (bytesRead < HEADER_BYTES || BigInt(size) < length) {
    throw new FileFlawError(
      "truncated",
      `it has ${size} bytes and should have ${bytesRead < HEADER_BYTES ? "more" : length}`,
    );
  }
  if (BigInt(size) > length) throw new FileFlawError("longer", `it has ${size} bytes and should have ${length}`);
  return header.subarray(HEADER_START.length + LENGTH_BYTES);
}

async function* readBytes(
  handle: FileHandle,
  size: number,
  hash: crypto.Hash,
  onRead: (bytes: number, ofBytes: number) => void,
): AsyncGenerator<Buffer> {
  for (let position = 0; position < size; ) {
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, Math.min(READ_BYTES, size - position), position);
    if (bytesRead === 0) throw new FileFlawError("truncated", `it ended after ${position} bytes while it was read`);
    const chunk = buffer.subarray(0, bytesRead);
    const skip = Math.max(0, HEADER_BYTES - position);
    if (skip < bytesRead) hash.update(chunk.subarray(skip));
    position += bytesRead;
    onRead(position, size);
    yield chunk;
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("Z_");
}
