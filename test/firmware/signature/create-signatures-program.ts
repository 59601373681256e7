// Makes the signatures that the tests keep, since making one takes seconds: node --import tsx test/firmware/signature/create-signatures-program.ts
// writes them on standard output, for signatures.json. Keys and chance are fixed, so that the same file comes out whoever runs it.
import { createHash, createHmac } from "node:crypto";
import { slh_dsa_sha2_128s as slhDsa } from "@noble/post-quantum/slh-dsa.js";
import { MANIFEST_CONTEXT } from "#protocol";
import { readGolden } from "../../protocol/golden.ts";

/** Bytes that follow from a name alone. These keys are worth nothing: everybody can make them. */
function createBytes(name: string, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) => createHash("sha256").update(`${name} ${i}`));
  return Buffer.concat(blocks.map((hash) => hash.digest())).subarray(0, length);
}

/** The byte of the message's digest that the tree's number begins with (FIPS 205, algorithm 19, for this parameter set). */
function findTreeByte(secretKey: Uint8Array, extraEntropy: Buffer, signed: Buffer): number {
  const [prf, seed, root] = [16, 32, 48].map((at) => secretKey.subarray(at, at + 16));
  const sha256 = (...parts: Uint8Array[]) => createHash("sha256").update(Buffer.concat(parts)).digest();
  const key = prf ?? Buffer.alloc(0);
  const drawn = createHmac("sha256", key).update(extraEntropy).update(signed).digest().subarray(0, 16);
  const inner = sha256(drawn, seed ?? key, root ?? key, signed);
  return sha256(drawn, seed ?? key, inner, Buffer.alloc(4))[21] ?? 0;
}

/** Chance that gives the tree a number with both bits set that are too many for it: who forgets to cut them off must fail. */
function findChance(name: string, secretKey: Uint8Array, signed: Buffer): Buffer {
  for (let i = 0; ; i++) {
    const chance = createBytes(`${name} ${i}`, 16);
    if (findTreeByte(secretKey, chance, signed) >= 192) return chance;
  }
}

function createSignature(name: string, key: string, context: Buffer, message: Buffer): object {
  const { secretKey, publicKey } = slhDsa.keygen(createBytes(key, 48));
  const signed = Buffer.concat([Buffer.from([0, context.length]), context, message]);
  const extraEntropy = findChance(name, secretKey, signed);
  const signature = slhDsa.sign(message, secretKey, { context, extraEntropy });
  return {
    name,
    secretKey: Buffer.from(secretKey).toString("hex"),
    publicKey: Buffer.from(publicKey).toString("hex"),
    context: context.toString("hex"),
    message: message.toString("hex"),
    signature: Buffer.from(signature).toString("base64"),
  };
}

const manifest = Buffer.from(readGolden("manifest")[0]?.bytes ?? "");
const signatures = [
  createSignature("a manifest", "first key", Buffer.from(MANIFEST_CONTEXT), manifest),
  createSignature("nothing at all", "first key", Buffer.alloc(0), Buffer.alloc(0)),
  createSignature("any bytes", "second key", createBytes("context", 255), createBytes("message", 1024)),
];
process.stdout.write(`${JSON.stringify(signatures, null, 2)}\n`);
