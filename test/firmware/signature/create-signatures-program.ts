// Makes the signatures that the tests keep, since making one takes seconds: node --import tsx test/firmware/signature/create-signatures-program.ts
// writes them on standard output, for signatures.json. Keys and chance are fixed, so that the same file comes out whoever runs it.
import { createHash } from "node:crypto";
import { slh_dsa_sha2_128s as slhDsa } from "@noble/post-quantum/slh-dsa.js";
import { MANIFEST_CONTEXT } from "#protocol";
import { readGolden } from "../../protocol/golden.ts";

/** Bytes that follow from a name alone. These keys are worth nothing: everybody can make them. */
function createBytes(name: string, length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) => createHash("sha256").update(`${name} ${i}`));
  return Buffer.concat(blocks.map((hash) => hash.digest())).subarray(0, length);
}

function createSignature(name: string, key: string, context: Buffer, message: Buffer): object {
  const { secretKey, publicKey } = slhDsa.keygen(createBytes(key, slhDsa.lengths.seed ?? 0));
  const extraEntropy = createBytes(name, slhDsa.lengths.signRand ?? 0);
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
