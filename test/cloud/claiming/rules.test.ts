// The arithmetic of claiming: codes without a favourite, challenges that are ours, seals that open for one trap, proofs that fit one text.
import { createHash, randomBytes } from "node:crypto";
import * as assert from "uvu/assert";
import { CLAIM_CODE_ALPHABET, CLAIM_CODE_CHARS, isUuid, normalizeClaimCode } from "#protocol";
import { createChallenges } from "../../../cloud/claiming/challenges.ts";
import { createClaimCode, formatUuid, secondsUntil } from "../../../cloud/claiming/claiming.ts";
import { KeySealError, openKey, sealKey } from "../../../cloud/claiming/key-seal.ts";
import { createProof, hashPassword, isEqual, isProven, sealPassword } from "../../../cloud/claiming/proofs.ts";
import { createSimClock } from "../../../cloud/clock.ts";
import { suite } from "../../support/suite.ts";

const test = suite("claiming rules");
const START = new Date("2026-06-01T12:00:00Z");

/** Bytes that look random and are the same every time. */
function createSeededBytes(seed: string) {
  let block = 0;
  return (count: number): Uint8Array => {
    const parts: Buffer[] = [];
    for (let made = 0; made < count; made += 32) parts.push(createHash("sha256").update(`${seed} ${block++}`).digest());
    return Buffer.concat(parts).subarray(0, count);
  };
}

test("a claim code has ten characters of the alphabet, each as likely as the others", () => {
  const bytes = createSeededBytes("claim codes");
  const counts = new Map<string, number>();
  for (let i = 0; i < 6_000; i++) {
    const code = createClaimCode(bytes);
    assert.is(code.length, CLAIM_CODE_CHARS);
    assert.is(normalizeClaimCode(code), code);
    for (const character of code) counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  assert.is(counts.size, CLAIM_CODE_ALPHABET.length);
  // 60,000 characters, 2,000 of each expected, standard deviation 44; taking bytes modulo 30 would give some 2,109 and 1,875.
  let chiSquare = 0;
  for (const count of counts.values()) chiSquare += (count - 2000) ** 2 / 2000;
  assert.ok(chiSquare < 60, `chi-square ${chiSquare} with 29 degrees of freedom`);
});

test("bytes that stand for no character are thrown away, not folded", () => {
  const answers = [Buffer.alloc(20, 31), Buffer.alloc(20, 30), Buffer.alloc(20, 0xe0)];
  const code = createClaimCode(() => answers.shift() ?? Buffer.alloc(20));
  assert.is(code, "2222222222");
  assert.is(answers.length, 0);
});

test("sixteen bytes become a UUID of version 4", () => {
  const uuid = formatUuid(Buffer.alloc(16, 0xff));
  assert.is(uuid, "ffffffff-ffff-4fff-bfff-ffffffffffff");
  assert.ok(isUuid(uuid));
});

test("a trap is told whole seconds, never more than there are", () => {
  assert.is(secondsUntil(new Date(START.getTime() + 1999), START), 1);
  assert.is(secondsUntil(new Date(START.getTime() - 1), START), 0);
});

test("a challenge is good for its serial number, for sixty seconds, on every instance with the same seal key", () => {
  const clock = createSimClock(START);
  const sealing = randomBytes(32);
  const [one, other] = [0, 0].map(() => createChallenges({ clock, randomBytes, sealKey: sealing }));
  const challenge = one!.create("TL-1");
  assert.match(challenge, /^[0-9a-f]{32}$/);
  assert.is.not(challenge, one!.create("TL-1"));
  assert.ok(other!.isFresh("TL-1", challenge));
  assert.not.ok(one!.isFresh("TL-2", challenge));
  const stranger = createChallenges({ clock, randomBytes, sealKey: randomBytes(32) });
  assert.not.ok(stranger.isFresh("TL-1", challenge));
  clock.advance(59_999);
  assert.ok(one!.isFresh("TL-1", challenge));
  clock.advance(1);
  assert.not.ok(one!.isFresh("TL-1", challenge));
  assert.equal(one!.expiryOf(challenge), clock.now());
});

test("every changed character makes a challenge foreign", () => {
  const challenges = createChallenges({ clock: createSimClock(START), randomBytes, sealKey: randomBytes(32) });
  const challenge = challenges.create("TL-1");
  for (let at = 0; at < challenge.length; at++) {
    const digit = challenge[at] === "0" ? "1" : "0";
    const changed = challenge.slice(0, at) + digit + challenge.slice(at + 1);
    assert.not.ok(challenges.isFresh("TL-1", changed), `character ${at}`);
  }
});

test("a sealed key opens under its seal key and for its trap alone", () => {
  const [sealing, key] = [randomBytes(32), randomBytes(32)];
  const sealed = sealKey(sealing, "TL-1", key, randomBytes(12));
  assert.equal(openKey(sealing, "TL-1", sealed), key);
  assert.not.ok(sealed.includes(key));
  assert.throws(() => openKey(randomBytes(32), "TL-1", sealed), isSealError);
  assert.throws(() => openKey(sealing, "TL-2", sealed), isSealError);
  for (let at = 0; at < sealed.length; at++) {
    const damaged = Buffer.from(sealed);
    damaged[at]! ^= 1;
    assert.throws(() => openKey(sealing, "TL-1", damaged), isSealError, `byte ${at}`);
  }
  assert.throws(() => openKey(sealing, "TL-1", Buffer.alloc(0)), isSealError);
});

function isSealError(error: Error): boolean {
  return error instanceof KeySealError && !error.message.includes("ab");
}

test("a proof is HMAC-SHA-256 of the text, as any other program computes it", () => {
  // RFC 4231, test case 2.
  const proof = createProof(Buffer.from("Jefe"), "what do ya want for nothing?");
  assert.is(proof, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  assert.ok(isProven(Buffer.from("Jefe"), "what do ya want for nothing?", proof));
  assert.not.ok(isProven(Buffer.from("Jefe"), "what do ya want for nothing!", proof));
  assert.not.ok(isProven(Buffer.from("Jeff"), "what do ya want for nothing?", proof));
});

test("texts of different length are unequal without an error", () => {
  assert.not.ok(isEqual("a", "ab"));
  assert.ok(isEqual("", ""));
});

test("a password's mask depends on trap and challenge, and taking it off gives the password", () => {
  const [key, password] = [randomBytes(32), randomBytes(32)];
  const sealed = sealPassword(key, "TL-1", "00".repeat(16), password);
  assert.is(sealed.length, 64);
  assert.is.not(sealed, sealPassword(key, "TL-1", "01".repeat(16), password));
  assert.is.not(sealed, sealPassword(key, "TL-2", "00".repeat(16), password));
  assert.is(
    sealPassword(key, "TL-1", "00".repeat(16), Buffer.from(sealed, "hex")),
    Buffer.from(password).toString("hex"),
  );
});

test("a stored password is the SHA-256 of what the trap will send", () => {
  assert.is(hashPassword("abc"), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});
