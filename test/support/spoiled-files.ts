// Owns the ways to spoil a signed file: bits and bytes changed, cut out, cut off, put in, put behind. Each makes another file of it.
import * as fc from "fast-check";
import { SIGNATURE_BYTES } from "#protocol";

/** `count` spoiled files, most of them as long as before; a third of the single bits are in the signature, a third in the manifest. */
export function listSpoiled(file: Buffer, seed: number, count: number): Buffer[] {
  const place = fc.nat(file.length - 1);
  const inManifest = fc.nat(file.indexOf("\n"));
  const inSignature = fc.nat(SIGNATURE_BYTES - 1).map((at) => file.indexOf("\n") + 1 + at);
  const bytes = (maxLength: number) => fc.uint8Array({ minLength: 1, maxLength });
  const spoiled = fc.oneof(
    fc.tuple(fc.oneof(place, inManifest, inSignature), fc.nat(7)).map(([at, bit]) => flipBit(file, at, bit)),
    fc.tuple(fc.oneof(place, inSignature), bytes(64)).map(([at, by]) => overwrite(file, at, by)),
    fc.tuple(place, place).map(([a, b]) => Buffer.concat([file.subarray(0, a), file.subarray(b)])),
    place.map((length) => file.subarray(0, length)),
    bytes(600).map((more) => Buffer.concat([file, more])),
    fc.tuple(place, bytes(8)).map(([at, more]) => Buffer.concat([file.subarray(0, at), more, file.subarray(at)])),
  );
  const filtered = spoiled.filter((one) => !one.equals(file));
  return fc.sample(filtered, { seed, numRuns: count });
}

function flipBit(file: Buffer, at: number, bit: number): Buffer {
  const flipped = Buffer.from(file);
  flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << bit), at);
  return flipped;
}

function overwrite(file: Buffer, at: number, by: Uint8Array): Buffer {
  const written = Buffer.from(file);
  written.set(by.subarray(0, file.length - at), at);
  return written;
}
