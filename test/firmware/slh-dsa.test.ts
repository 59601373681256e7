// The trap's verifier of signatures against the library that makes them, in both directions, and against 1,000 spoiled statements of
// which none may be believed; and its steps, which may be broken off anywhere. NIST's own vectors: slh-dsa-vectors.test.ts.
import * as path from "node:path";
import { slh_dsa_sha2_128s as slhDsa } from "@noble/post-quantum/slh-dsa.js";
import * as assert from "uvu/assert";
import { type Bytes, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from "#protocol";
import { checkFirmware } from "../../firmware/bundle/check-firmware.ts";
import {
  createVerification,
  pureMessage,
  stepVerification,
  type Verification,
  verifySignature,
} from "../../firmware/signature/slh-dsa.ts";
import { getSeed } from "../support/property.ts";
import { suite } from "../support/suite.ts";
import {
  listMixtures,
  listMutations,
  readSignatures,
  type SignatureFixture,
  type Statement,
  sha256,
  toArray,
  toBytes,
} from "./signature/fixtures.ts";

/** Signing takes seconds on a machine with nothing else to do. */
const test = suite("signatures", { limitMs: 180_000 });

const MUTATIONS = 1_000;
const STEPS = 15 + 7 * 36;
const HASHES_OF_STEP_MAX = 15;

const signatures = readSignatures();
const first = getFirst();

function getFirst(): SignatureFixture {
  const [one] = signatures;
  if (one === undefined) throw new Error("signatures.json holds no signature");
  return one;
}

function isBelieved(one: Statement): boolean {
  return verifySignature(sha256, one.key, one.message, one.signature);
}

/** The library's verdict; lengths it does not take it throws at. */
function isBelievedByLibrary(one: Statement): boolean {
  if (one.key.length !== PUBLIC_KEY_BYTES) return false;
  return slhDsa.internal.verify(toArray(one.signature), toArray(one.message), toArray(one.key));
}

test("what the library has signed is believed, and so are its kept signatures by the library itself", () => {
  for (const one of signatures) {
    assert.is(isBelieved(one), true, one.name);
    assert.is(isBelievedByLibrary(one), true, one.name);
  }
});

test("what is signed in this very moment is believed, in its context and in no other", () => {
  const message = `signed afresh with seed ${getSeed()}`;
  const context = Buffer.from("a context");
  const signature = toBytes(slhDsa.sign(Buffer.from(message), toArray(first.secretKey), { context }));
  const inContext = (text: string) => isBelieved({ ...first, message: pureMessage(text, message), signature });
  assert.is(inContext("a context"), true);
  for (const other of ["", "a contexT", "a context\0", "a"]) assert.is(inContext(other), false, other);
  assert.is(isBelieved({ ...first, message, signature }), false, "without any context");
});

test(`of ${MUTATIONS} spoiled statements none is believed, by the trap as by the library`, () => {
  const mutations = listMutations(signatures, getSeed(), MUTATIONS);
  assert.is(mutations.length, MUTATIONS);
  for (const { name, statement } of mutations) {
    assert.is(isBelieved(statement), false, name);
    assert.is(isBelievedByLibrary(statement), false, `the library: ${name}`);
  }
  const told = mutations.filter(({ statement }) => statement.signature.length === SIGNATURE_BYTES);
  assert.ok(told.length > MUTATIONS / 2, "most of them are long enough to be looked at");
});

test("each node of a signature counts: spoiled one by one, none is believed", () => {
  for (let at = 0; at < SIGNATURE_BYTES; at += 16) {
    const spoiled = String.fromCharCode(first.signature.charCodeAt(at) ^ 128);
    const signature = first.signature.slice(0, at) + spoiled + first.signature.slice(at + 1);
    assert.is(isBelieved({ ...first, signature }), false, `byte ${at}`);
  }
});

test("key, message and signature of different statements together are not believed", () => {
  const mixtures = listMixtures(signatures);
  assert.ok(mixtures.length >= 20);
  for (const { name, statement } of mixtures) assert.is(isBelieved(statement), false, name);
});

test("nothing, zeros and all bits set are signatures of nothing", () => {
  for (const fill of ["\0", "\xff"])
    for (const key of [first.key, fill.repeat(PUBLIC_KEY_BYTES)])
      assert.is(isBelieved({ key, message: first.message, signature: fill.repeat(SIGNATURE_BYTES) }), false);
  for (const empty of [{ key: "" }, { signature: "" }, { message: "" }, { key: "", signature: "", message: "" }])
    assert.is(isBelieved({ ...first, ...empty }), false);
});

function begin(hash = sha256): Verification {
  return createVerification(hash, first.key, first.message, first.signature);
}

// [SIGN-1]
test("it is done in steps of few hashes, and not believed before the last", () => {
  let hashes = 0;
  const v = begin((data) => {
    hashes++;
    return sha256(data);
  });
  assert.is(hashes, 2);
  let steps = 0;
  for (let more = true; more; steps++) {
    assert.is(v.verified, false, `before step ${steps}`);
    hashes = 0;
    more = stepVerification(v);
    assert.ok(hashes <= HASHES_OF_STEP_MAX, `${hashes} hashes in step ${steps}`);
  }
  assert.is(steps, STEPS);
  assert.is(v.verified, true);
  assert.is(stepVerification(v), false, "nothing is left to do");
  assert.is(v.verified, true);
});

test("the last root is compared with the key's to the last bit", () => {
  const v = begin();
  for (let step = 1; step < STEPS; step++) stepVerification(v);
  for (let bit = 0; bit < 128; bit++) {
    const at = bit >> 3;
    const changed = String.fromCharCode(v.root.charCodeAt(at) ^ (1 << (bit & 7)));
    const other = { ...v, root: v.root.slice(0, at) + changed + v.root.slice(at + 1) };
    stepVerification(other);
    assert.is(other.verified, false, `bit ${bit}`);
  }
  stepVerification(v);
  assert.is(v.verified, true);
});

function tryStep(v: Verification): boolean {
  try {
    return stepVerification(v);
  } catch {
    return false;
  }
}

test("where a hash fails, as when memory runs out, it ends unbelieved and goes on no more", () => {
  for (let failing = 2; failing < 2_000; failing += 37) {
    let hashes = 0;
    const v = begin((data) => {
      if (hashes++ === failing) throw new SyntaxError("Got EOF expected something else");
      return sha256(data);
    });
    for (let more = true; more; ) more = tryStep(v);
    assert.is(hashes, failing + 1, "it failed there");
    for (let step = 0; step < STEPS; step++) assert.is(stepVerification(v), false);
    assert.is(v.verified, false, `hash ${failing}`);
  }
});

test("a hash that answers nonsense makes nobody believed", () => {
  const nonsense: ((data: Bytes) => Bytes)[] = [
    () => "",
    () => "\0".repeat(32),
    (data) => data.slice(0, 32),
    (data) => sha256(data).slice(0, 15),
    (data) => sha256(data).toUpperCase(),
  ];
  for (const hash of nonsense)
    assert.is(verifySignature(hash, first.key, first.message, first.signature), false, String(hash));
});

test("it is in the dialect of the trap", () => {
  const root = path.resolve(import.meta.dirname, "../..");
  const files = ["signature/slh-dsa.ts", "protocol/manifest.ts", "protocol/signed-firmware.ts"];
  assert.equal(checkFirmware(root, { files: files.map((file) => path.join(root, "firmware", file)) }), []);
});
