// Short names, emails, and passwords that cost the same work for everybody.
import * as assert from "uvu/assert";
import { listSlugs, parseEmail, slugOf } from "../../../cloud/accounts/accounts.ts";
import { createPasswords } from "../../../cloud/accounts/passwords.ts";
import { suite } from "../../support/suite.ts";

const test = suite("account rules");

const SLUGS: [name: string, slug: string][] = [
  ["Acme Corporation", "acme-corporation"],
  ["  Café -- Zürich!  ", "cafe-zurich"],
  ["鼠", "tenant"],
  ["---", "tenant"],
  ["x".repeat(80), "x".repeat(50)],
  [`${"y".repeat(49)} z`, "y".repeat(49)],
];
for (const [name, slug] of SLUGS) test(`"${name.slice(0, 20)}" is called ${slug}`, () => assert.is(slugOf(name), slug));

test("the last short name to try is one nobody else can have thought of", () => {
  assert.is(listSlugs("Acme", Buffer.from("01020304", "hex")).at(-1), "acme-01020304");
});

const EMAILS: [text: string, email: string | null][] = [
  ["a@b", "a@b"],
  [" Ada.L+traps@mail.Example.com ", "Ada.L+traps@mail.Example.com"],
  ["ü@müller.example", "ü@müller.example"],
  ["", null],
  ["@b.c", null],
  ["a@", null],
  ["a@b..c", null],
  ["a@b.c.", null],
  ["a b@c.d", null],
  ["a@b@c", null],
];
for (const [text, email] of EMAILS)
  test(`"${text}" is ${email ?? "no email"}`, () => assert.is(parseEmail(text), email));

test("a password is verified against its own hash, argon2id, salted", async () => {
  const passwords = createPasswords({ memoryKib: 8, passes: 1, lanes: 1 });
  const [first, second] = [await passwords.hash("one password"), await passwords.hash("one password")];
  assert.match(first, /^\$argon2id\$v=19\$m=8,t=1,p=1\$/);
  assert.is.not(first, second);
  assert.ok(await passwords.verify(first, "one password"));
  assert.not.ok(await passwords.verify(first, "another password"));
});

test("nobody has a password, not even the one the empty comparison uses", async () => {
  const passwords = createPasswords({ memoryKib: 8, passes: 1, lanes: 1 });
  assert.not.ok(await passwords.verify(null, "nobody has this password"));
});
