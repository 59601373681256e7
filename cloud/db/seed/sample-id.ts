// Owns the ids of the sample data: made from names alone, so that every run means the same rows.
import { createHash } from "node:crypto";

const NAMESPACE = "0a4f6a52-5a1e-5c0b-9a3e-7c1d3c6f2b11";

/** A UUID of version 5, the same for the same names. */
export function sampleId(...names: (string | number)[]): string {
  const namespace = Buffer.from(NAMESPACE.replaceAll("-", ""), "hex");
  const bytes = createHash("sha1").update(namespace).update(names.join("/")).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** What stands in for the hash of a token: 64 hexadecimal digits that no known token has as its SHA-256, so that it opens nothing. */
export function unmatchableHash(...names: (string | number)[]): string {
  return createHash("sha512").update(names.join("/")).digest("hex").slice(0, 64);
}

/** 16 hexadecimal digits, as a trap makes at every start. */
export function sampleBootId(serialNumber: string, boot: number): string {
  return unmatchableHash("boot", serialNumber, boot).slice(0, 16);
}
