// Makes the signatures that the proof of power cuts keeps, with a key that follows from a fixed seed; needed when the manifests change:
// node --import tsx test/simulator/powercut-signatures-program.ts
import { writeFileSync } from "node:fs";
import { slh_dsa_sha2_128s } from "@noble/post-quantum/slh-dsa.js";
import { MANIFEST_CONTEXT } from "#protocol";
import { type Counter, createManifestText, KEPT_FILE } from "../../simulator/powercut/signed-firmware.ts";

const { publicKey, secretKey } = slh_dsa_sha2_128s.keygen(new Uint8Array(48).fill(0x7c));
const sign = (counter: Counter) => {
  const context = Buffer.from(MANIFEST_CONTEXT, "latin1");
  const text = Buffer.from(createManifestText(counter), "latin1");
  return Buffer.from(slh_dsa_sha2_128s.sign(text, secretKey, { context, extraEntropy: false })).toString("base64");
};
const kept = { publicKey: Buffer.from(publicKey).toString("hex"), signatures: { 1: sign(1), 2: sign(2) } };
writeFileSync(KEPT_FILE, `${JSON.stringify(kept, null, 2)}\n`);
