// Whole signed files before the two verifiers that a release passes, the library's and the one the trap runs: what is spoiled in any way is
// believed by neither, and they never disagree [SIGN-1].
import * as assert from "uvu/assert";
import { ReleaseError } from "../../firmware/release/release-error.ts";
import { verifySignedFirmware } from "../../firmware/release/signing.ts";
import { getSeed } from "../support/property.ts";
import { readSigned, SIGNERS } from "../support/signed-firmware.ts";
import { listSpoiled } from "../support/spoiled-files.ts";
import { suite } from "../support/suite.ts";

const test = suite("signed firmware", { limitMs: 120_000 });
const MUTATIONS = 1_000;
const KEY = Uint8Array.from(Buffer.from(SIGNERS.first, "hex"));

/** The code it is refused with; "" if it is believed. */
function refusalOf(file: Uint8Array, key = KEY): string {
  try {
    verifySignedFirmware(file, key);
    return "";
  } catch (error) {
    if (error instanceof ReleaseError) return error.code;
    throw error;
  }
}

test(`of ${MUTATIONS} spoiled files none is believed by either verifier, and the one they were made of is by both`, () => {
  const { file } = readSigned("usual");
  const spoiled = listSpoiled(file, getSeed(), MUTATIONS);
  assert.is(spoiled.length, MUTATIONS);
  const codes = new Map<string, number>();
  for (const one of spoiled) {
    const code = refusalOf(one);
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  assert.equal([...codes.keys()].sort(), ["file-malformed", "hash-differs", "signature-refused"], "no other verdict");
  assert.ok((codes.get("signature-refused") ?? 0) > MUTATIONS / 10, "many came as far as the signature");
  assert.is(refusalOf(file), "");
});

test("what the one key has signed is not believed by the other's", () => {
  const second = Uint8Array.from(Buffer.from(SIGNERS.second, "hex"));
  assert.is(refusalOf(readSigned("usual").file, second), "signature-refused");
  assert.is(refusalOf(readSigned("usual by the second key").file), "signature-refused");
  assert.is(refusalOf(readSigned("usual by the second key").file, second), "");
});

test("manifest, signature and firmware of different files together are not believed", () => {
  const [one, other] = [readSigned("usual"), readSigned("next")].map(({ file, firmware }) => {
    const signatureAt = file.indexOf("\n") + 1;
    const firmwareAt = file.length - firmware.length;
    return [file.subarray(0, signatureAt), file.subarray(signatureAt, firmwareAt), firmware];
  });
  for (let mix = 1; mix < 7; mix++) {
    const parts = [0, 1, 2].map((part) => ((mix >> part) & 1 ? one : other)?.[part] ?? Buffer.alloc(0));
    assert.ok(["signature-refused", "hash-differs"].includes(refusalOf(Buffer.concat(parts))), `mixture ${mix}`);
  }
});
