// Owns the way from a program's value to bytes, as the interpreter goes it in E.toString, hashes and writes, and back to its strings,
// whose characters are bytes.
import * as util from "node:util";

/** Strings and arrays element by element, numbers by their low eight bits, {data, count} repeated, {callback} asked; else nothing. */
export function toBytes(...values: unknown[]): Uint8Array {
  const bytes: number[] = [];
  for (const value of values) collect(bytes, value);
  return Uint8Array.from(bytes);
}

/** The bytes of a program's string. Characters beyond a byte are cut to their low eight bits, as they would be on the chip. */
export function textToBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}

export function bytesToText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** Hands on what can be iterated as bytes; undefined for what cannot (numbers, objects, nothing). */
export function iterableToBytes(value: unknown): Uint8Array | undefined {
  const iterable = typeof value === "string" || Array.isArray(value) || isBinary(value);
  return iterable ? toBytes(value) : undefined;
}

function isBinary(value: unknown): boolean {
  return ArrayBuffer.isView(value) || util.types.isAnyArrayBuffer(value);
}

function collect(bytes: number[], value: unknown): void {
  if (typeof value === "string") push(bytes, textToBytes(value));
  else if (typeof value === "number" || typeof value === "boolean") bytes.push(Number(value) & 255);
  else if (util.types.isAnyArrayBuffer(value)) push(bytes, new Uint8Array(value));
  else if (util.types.isTypedArray(value)) for (const element of value) bytes.push(Number(element) & 255);
  else if (Array.isArray(value)) for (const element of value) collect(bytes, element);
  else if (typeof value === "object" && value !== null) collectObject(bytes, value);
}

function push(bytes: number[], more: Uint8Array): void {
  for (const byte of more) bytes.push(byte);
}

function collectObject(bytes: number[], value: object): void {
  const { data, count, callback } = value as { data?: unknown; count?: unknown; callback?: unknown };
  if (typeof callback === "function") collect(bytes, callback());
  else for (let i = 0; i < Number(count ?? 0); i++) collect(bytes, data);
}
