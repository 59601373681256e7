// The arithmetic of trust against vectors and against Node's own.
import fc from "fast-check";
import * as assert from "uvu/assert";
import { createProver, isSameProof, prove, unseal } from "../../firmware/claim/proofs.ts";
import { suite } from "../support/suite.ts";
import { hmacHex } from "./cloud-double.ts";
import { KEY, sha256 } from "./ports-double.ts";
import { SEED } from "./seed.ts";

const test = suite("proofs");

// RFC 4231, test cases 1, 2 and 3.
const VECTORS: [string, string, string][] = [
  ["0b".repeat(20), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
  ["4a656665", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"],
  ["aa".repeat(20), "\xdd".repeat(50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"],
];

test("HMAC-SHA-256 answers the vectors of RFC 4231", () => {
  for (const [key, text, expected] of VECTORS) assert.is(prove(createProver(sha256, key), text), expected);
});

test("any text is proven as Node proves it", () => {
  const prover = createProver(sha256, KEY);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (array) => {
      const text = Buffer.from(array).toString("latin1");
      assert.is(prove(prover, text), hmacHex(text));
    }),
    { seed: SEED, numRuns: 100 },
  );
});

test("what is sealed with the mask of a text is unsealed with the same, and with no other", () => {
  const prover = createProver(sha256, KEY);
  const password = "5a".repeat(32);
  const sealed = unseal(prover, password, "seal");
  assert.is.not(sealed, password);
  assert.is(unseal(prover, sealed, "seal"), password);
  assert.is.not(unseal(prover, sealed, "seal2"), password);
});

test("proofs are the same only if every character and the length are", () => {
  const proof = hmacHex("x");
  assert.ok(isSameProof(proof, `${proof}`));
  for (let i = 0; i < proof.length; i++) {
    assert.not.ok(isSameProof(proof, `${proof.slice(0, i)}g${proof.slice(i + 1)}`));
    assert.not.ok(isSameProof(proof, proof.slice(0, i)));
  }
  assert.not.ok(isSameProof(proof, `${proof}0`));
});
