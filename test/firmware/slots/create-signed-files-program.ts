// Makes the signatures that the tests of loader and update keep: node --import tsx test/firmware/slots/create-signed-files-program.ts writes
// them on standard output, for signed-files.json. Key and chance are fixed, so that the same file comes out whoever runs it.
import { createHash } from "node:crypto";
import { slh_dsa_sha2_128s as slhDsa } from "@noble/post-quantum/slh-dsa.js";
import { MANIFEST_CONTEXT } from "#protocol";
import { createFirmware, createManifest } from "./signed-files.ts";

/** This key is worth nothing: everybody can make it. */
const seed = Buffer.concat(["a", "b"].map((name) => createHash("sha256").update(`slots ${name}`).digest())).subarray(
  0,
  48,
);
const { publicKey, secretKey } = slhDsa.keygen(seed);
const files = [7, 8, 9].map((counter) => {
  const signature = slhDsa.sign(Buffer.from(createManifest(createFirmware(counter), counter), "latin1"), secretKey, {
    context: Buffer.from(MANIFEST_CONTEXT, "latin1"),
    extraEntropy: createHash("sha256").update(`chance ${counter}`).digest().subarray(0, 16),
  });
  return { counter, signature: Buffer.from(signature).toString("base64") };
});
process.stdout.write(`${JSON.stringify({ publicKey: Buffer.from(publicKey).toString("hex"), files }, null, 2)}\n`);
