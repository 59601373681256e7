// The hashes of the mousetrap days: what they take for the password, and what is none of them.
import * as assert from "uvu/assert";
import { isOldPassword } from "../../../cloud/claiming/old-passwords.ts";
import { suite } from "../../support/suite.ts";
import { HASHED } from "../db/migrations/mousetrap-rows.ts";

const test = suite("old passwords");

for (const [form, { password, hash }] of Object.entries(HASHED)) {
  test(`a hash by ${form} takes its password and no other`, async () => {
    assert.ok(await isOldPassword(hash, Buffer.from(password)));
    for (const wrong of ["", `${password} `, password.toUpperCase(), hash]) {
      assert.not(await isOldPassword(hash, Buffer.from(wrong)), wrong);
    }
  });

  test(`a hash by ${form} that was altered takes nothing`, async () => {
    for (const place of [hash.length - 4, Math.floor(hash.length / 2), 4]) {
      const other = hash[place] === "A" ? "B" : "A";
      const altered = hash.slice(0, place) + other + hash.slice(place + 1);
      assert.not(await isOldPassword(altered, Buffer.from(password)), altered);
    }
  });
}

const NONE: [what: string, hash: string][] = [
  ["nothing", ""],
  ["our own", `sha256:${"0".repeat(64)}`],
  ["bcrypt cut off", "$2b$04$wiveMpMdAn6gx3NPI.d5s.bp3TWKzBvF"],
  ["bcrypt of a cost there is not", "$2b$99$wiveMpMdAn6gx3NPI.d5s.bp3TWKzBvF.78B.Fz3oIwPU2atuFWxC"],
  ["no rounds", `$7$0$AAAA$${"A".repeat(86)}==`],
  ["the crypt of Linux", `$6$salt$${"a".repeat(86)}`],
  ["a password", "password"],
];
for (const [what, hash] of NONE) {
  test(`${what} is none of them, and takes nothing`, async () => {
    for (const password of ["", "password", hash]) assert.not(await isOldPassword(hash, Buffer.from(password)));
  });
}
