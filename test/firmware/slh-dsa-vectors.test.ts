// The trap's verifier against NIST's published vectors for this parameter set (ACVP, internal interface), which are not ours to hand on: they
// are read from the folder that SLH_DSA_VECTORS names. Without it these tests are skipped, and say so.
import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import * as assert from "uvu/assert";
import type { Bytes } from "#protocol";
import { verifySignature } from "../../firmware/signature/slh-dsa.ts";
import { parseTestConfig } from "../support/config.ts";
import { skip, suite } from "../support/suite.ts";
import { type Statement, sha256 } from "./signature/fixtures.ts";

const test = suite("NIST's vectors of signatures");

interface Vector extends Statement {
  valid: boolean;
}

function toBytes(hex: string | undefined): Bytes {
  return Buffer.from(hex ?? "", "hex").toString("latin1");
}

/** Blocks of lines `name: hexadecimal`, parted by empty lines. A private key has the public one behind it. */
function readVectors(file: string): Vector[] {
  const blocks = readFileSync(file, "utf8").split(/\n\s*\n/);
  return blocks.flatMap((block): Vector[] => {
    const fields = new Map([...block.matchAll(/^(\w+): *(\w*)$/gm)].map((match) => [match[1], match[2]]));
    if (!fields.has("sig")) return [];
    const key = fields.get("pub") ?? fields.get("priv")?.slice(64);
    // Where NIST tells what is to be signed and how, there is no verdict: the signature is right.
    const valid = fields.get("valid") !== "false";
    return [{ key: toBytes(key), message: toBytes(fields.get("msg")), signature: toBytes(fields.get("sig")), valid }];
  });
}

/** Name of the vectors, and how many of them are right and wrong at least. */
const VECTORS: [name: string, right: number, wrong: number][] = [
  ["sigver", 3, 5],
  ["siggen", 7, 0],
];

for (const [name, right, wrong] of VECTORS)
  test(`each of ${name} has the verdict that NIST gives it`, () => {
    const folder = parseTestConfig().slhDsaVectors ?? skip("SLH_DSA_VECTORS names no folder of NIST's vectors");
    const file = path.join(folder, `slhdsa_sha2_128s_${name}.txt`);
    if (!existsSync(file)) skip(`SLH_DSA_VECTORS has no ${path.basename(file)}`);
    const vectors = readVectors(file);
    assert.ok(vectors.filter((one) => one.valid).length >= right, "those that are right");
    assert.ok(vectors.filter((one) => !one.valid).length >= wrong, "those that are wrong");
    for (const [i, { key, message, signature, valid }] of vectors.entries())
      assert.is(verifySignature(sha256, key, message, signature), valid, `vector ${i}`);
    console.log(`${vectors.length} vectors of ${name} by NIST`);
  });
