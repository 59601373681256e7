// Owns the signatures the tests keep (made by create-signatures-program.ts), and the ways to spoil one: each makes of a statement that
// is true another one, of which nothing is.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import * as fc from "fast-check";
import { type Bytes, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from "#protocol";
import { pureMessage } from "../../../firmware/signature/slh-dsa.ts";

/** "This key has signed this message", in the words of verifySignature. */
export interface Statement {
  key: Bytes;
  message: Bytes;
  signature: Bytes;
}

export interface SignatureFixture extends Statement {
  name: string;
  secretKey: Bytes;
}

export function toBytes(data: Uint8Array): Bytes {
  return Buffer.from(data).toString("latin1");
}

export function toArray(bytes: Bytes): Uint8Array {
  return Uint8Array.from(Buffer.from(bytes, "latin1"));
}

export function sha256(data: Bytes): Bytes {
  return createHash("sha256").update(data, "latin1").digest().toString("latin1");
}

export function readSignatures(): SignatureFixture[] {
  const text = readFileSync(path.join(import.meta.dirname, "signatures.json"), "utf8");
  const rows: Record<"name" | "secretKey" | "publicKey" | "context" | "message" | "signature", string>[] =
    JSON.parse(text);
  const hexBytes = (hex: string) => Buffer.from(hex, "hex").toString("latin1");
  return rows.map((row) => ({
    name: row.name,
    secretKey: hexBytes(row.secretKey),
    key: hexBytes(row.publicKey),
    message: pureMessage(hexBytes(row.context), hexBytes(row.message)),
    signature: Buffer.from(row.signature, "base64").toString("latin1"),
  }));
}

export interface Mutation {
  name: string;
  statement: Statement;
}

type Spoil = (statement: Statement) => Statement;

function flipBit(bytes: Bytes, at: number, bit: number): Bytes {
  return bytes.slice(0, at) + String.fromCharCode(bytes.charCodeAt(at) ^ (1 << bit)) + bytes.slice(at + 1);
}

/** A part of a text replaced by one of the same length. */
function overwrite(bytes: Bytes, at: number, by: Bytes): Bytes {
  return (bytes.slice(0, at) + by + bytes.slice(at + by.length)).slice(0, bytes.length);
}

const byteOfSignature = fc.nat(SIGNATURE_BYTES - 1);
const node = fc.nat(SIGNATURE_BYTES / 16 - 1).map((index) => index * 16);
const bit = fc.nat(7);

function inSignature(change: (signature: Bytes) => Bytes): Spoil {
  return (one) => ({ ...one, signature: change(one.signature) });
}

/** The kinds of spoiling, each with its own choices. Most of them leave every length as it was. */
const SPOILS: fc.Arbitrary<[string, Spoil]>[] = [
  fc.tuple(byteOfSignature, bit).map(([at, n]) => [`bit ${n} of byte ${at}`, inSignature((s) => flipBit(s, at, n))]),
  fc
    .tuple(byteOfSignature, bit)
    .map(([at, n]) => [`the bit ${n} of byte ${at}`, inSignature((s) => flipBit(s, at, n))]),
  fc.tuple(byteOfSignature, fc.nat(255)).map(([at, by]) => {
    return [`byte ${at} is ${by}`, inSignature((s) => overwrite(s, at, String.fromCharCode(by)))];
  }),
  fc.tuple(node, node).map(([a, b]) => {
    const swap = (s: Bytes) => overwrite(overwrite(s, a, s.slice(b, b + 16)), b, s.slice(a, a + 16));
    return [`nodes at ${a} and ${b} swapped`, inSignature(swap)];
  }),
  node.map((at) => [`zeros at ${at}`, inSignature((s) => overwrite(s, at, "\0".repeat(16)))]),
  node.map((at) => [`rotated by ${at}`, inSignature((s) => s.slice(at) + s.slice(0, at))]),
  byteOfSignature.map((length) => [`cut to ${length}`, inSignature((s) => s.slice(0, length))]),
  byteOfSignature.map((more) => [`${more} bytes longer`, inSignature((s) => s + s.slice(0, more))]),
  fc.tuple(byteOfSignature, bit).map(([at, n]) => {
    const flip = (text: Bytes) => flipBit(text, at % text.length, n);
    return [`bit ${n} of the message at ${at}`, (one) => ({ ...one, message: flip(one.message) })];
  }),
  fc.nat(1000).map((at) => [`message cut at ${at}`, (one) => ({ ...one, message: one.message.slice(0, at) })]),
  fc.nat(255).map((by) => {
    return [`message longer by ${by}`, (one) => ({ ...one, message: one.message + String.fromCharCode(by) })];
  }),
  fc.tuple(fc.nat(PUBLIC_KEY_BYTES - 1), bit).map(([at, n]) => {
    return [`bit ${n} of the key at ${at}`, (one) => ({ ...one, key: flipBit(one.key, at, n) })];
  }),
  fc.nat(PUBLIC_KEY_BYTES).map((at) => {
    return [`key rotated by ${at}`, (one) => ({ ...one, key: one.key.slice(at) + one.key.slice(0, at) })];
  }),
  fc.nat(PUBLIC_KEY_BYTES - 1).map((length) => {
    return [`key cut to ${length}`, (one) => ({ ...one, key: one.key.slice(0, length) })];
  }),
];

function isSame(a: Statement, b: Statement): boolean {
  return a.key === b.key && a.message === b.message && a.signature === b.signature;
}

/** `count` mutations of the statements, all of them different from what they were made of. */
export function listMutations(statements: readonly Statement[], seed: number, count: number): Mutation[] {
  const mutation = fc
    .tuple(fc.constantFrom(...statements), fc.oneof(...SPOILS))
    .map(([statement, [name, spoil]]) => ({
      name,
      statement: spoil(statement),
      isSame: isSame(spoil(statement), statement),
    }))
    .filter((one) => !one.isSame);
  return fc.sample(mutation, { seed, numRuns: count });
}

/** Signature, message and key of different statements put together. */
export function listMixtures(statements: readonly Statement[]): Mutation[] {
  const all = statements.flatMap((a, i) =>
    statements.flatMap((b, j) =>
      statements.map((c, k) => ({
        name: `key ${i}, message ${j}, signature ${k}`,
        statement: { key: a.key, message: b.message, signature: c.signature },
      })),
    ),
  );
  return all.filter(({ statement }) => !statements.some((one) => isSame(one, statement)));
}
