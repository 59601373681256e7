// No secret stands in a recording: masked by place and by value, and looked for again before one is kept.
import * as assert from "uvu/assert";
import type { RecordedEntry } from "../../../hil/record/entries.ts";
import { createMask, fillPlaceholders, findSecrets } from "../../../hil/record/secrets.ts";
import { suite } from "../../support/suite.ts";
import { ALL_KINDS } from "./recordings.ts";

const test = suite("secrets in a recording");
const KEY = "0123456789abcdef".repeat(4);

const MASKED: [what: string, entry: RecordedEntry, becomes: RecordedEntry][] = [
  [
    "the Wi-Fi of an order",
    { kind: "order", text: 'wifi ssid="my home" pass="sweet \\"home\\""' },
    { kind: "order", text: "wifi ssid=<wifi-ssid> pass=<wifi-password>" },
  ],
  [
    "a claim code",
    { kind: "order", text: "claim code=ABCD-EFG-HJK" },
    { kind: "order", text: "claim code=<claim-code>" },
  ],
  ["not an order without secrets", { kind: "order", text: "info" }, { kind: "order", text: "info" }],
  [
    "the portal's password",
    { kind: "line", text: "TL 5 portal state=open ssid=Trapline-0001 pass=ABCDEFGHJK" },
    { kind: "line", text: "TL 5 portal state=open ssid=Trapline-0001 pass=<portal-password>" },
  ],
  [
    "not the number that claiming ended with",
    { kind: "line", text: "TL 5 claim status=owned code=44" },
    { kind: "line", text: "TL 5 claim status=owned code=44" },
  ],
  [
    "what is typed on the cable, as its echo shows it",
    { kind: "serial", direction: "out", bytes: '>TL("wifi ssid=home pass=sweethome")\r\n=undefined\r\n' },
    { kind: "serial", direction: "out", bytes: '>TL("wifi ssid=home pass=<wifi-password>")\r\n=undefined\r\n' },
  ],
  [
    "what is quoted twice on the cable",
    { kind: "serial", direction: "in", bytes: 'TL("wifi ssid=\\"my home\\" pass=\\"sweet home\\"")\n' },
    { kind: "serial", direction: "in", bytes: 'TL("wifi ssid=\\"my home\\" pass=<wifi-password>")\n' },
  ],
  [
    "a quoted quote of it",
    { kind: "serial", direction: "in", bytes: 'TL("wifi pass=\\"sw\\\\\\"eet\\" x=1")\n' },
    { kind: "serial", direction: "in", bytes: 'TL("wifi pass=<wifi-password> x=1")\n' },
  ],
  [
    "proofs and sealed passwords",
    {
      kind: "answer",
      step: "credentials",
      status: 200,
      fields: { status: "ready", sealed: KEY, proof: KEY, port: 1883 },
    },
    {
      kind: "answer",
      step: "credentials",
      status: 200,
      fields: { status: "ready", sealed: "<secret>", proof: "<secret>", port: 1883 },
    },
  ],
  [
    "what a person's body holds, however deep",
    {
      kind: "person",
      who: "owner",
      method: "POST",
      path: "/api/v1/login",
      body: { a: [{ password: "correct horse" }] },
    },
    {
      kind: "person",
      who: "owner",
      method: "POST",
      path: "/api/v1/login",
      body: { a: [{ password: "<secret>" }] },
    },
  ],
  [
    "the code in a path",
    { kind: "person", who: "owner", method: "DELETE", path: "/api/v1/claim-codes/ABCDEFGHJK", body: null },
    {
      kind: "person",
      who: "owner",
      method: "DELETE",
      path: "/api/v1/claim-codes/<claim-code>",
      body: null,
    },
  ],
];

for (const [what, entry, becomes] of MASKED) {
  test(`by its place, a recording has ${what} [RECORD-1]`, () => {
    assert.equal(createMask().entry(entry), becomes);
  });
}

test("a value that the run knows is replaced wherever it stands, the longest first", () => {
  const mask = createMask();
  mask.add("wifi-password", "cheese");
  mask.add("secret", "cheese-please");
  mask.add("claim-code", "abc");
  assert.is(mask.text("cheese-please and cheese, abc"), "<secret> and <wifi-password>, abc");
  assert.equal(mask.entry({ kind: "notice", who: "owner", notice: "device", data: ["x cheese"] }), {
    kind: "notice",
    who: "owner",
    notice: "device",
    data: ["x <wifi-password>"],
  });
});

test("what the stream has masked becomes a placeholder of its own", () => {
  assert.is(createMask().text("token ***"), "token <secret>");
});

test("a replay fills in its own values and says which it lacks", () => {
  const order = "wifi ssid=<wifi-ssid> pass=<wifi-password> x=<unknown>";
  assert.equal(fillPlaceholders(order, { "wifi-ssid": "home" }), {
    text: "wifi ssid=home pass=<wifi-password> x=<unknown>",
    missing: ["wifi-password"],
  });
});

const LEAKS: [what: string, entry: RecordedEntry][] = [
  ["a key in a line", { kind: "line", text: `the key is ${KEY}` }],
  ["a key in capitals", { kind: "remark", text: KEY.toUpperCase() }],
  ["a sealed password", { kind: "answer", step: "credentials", status: 200, fields: { sealed: "x" } }],
  ["a password in an order", { kind: "order", text: "wifi ssid=a pass=b" }],
  ["a claim code in an order", { kind: "order", text: "claim code=ABCD-EFG-HJK" }],
  ["a claim code on the cable", { kind: "serial", direction: "in", bytes: 'TL("claim code=ABCDEFGHJK")\n' }],
  ["a bearer token", { kind: "remark", text: "authorization: Bearer abcdefghijkl" }],
  ["a private key", { kind: "remark", text: "-----BEGIN PRIVATE KEY-----" }],
  ["a token in a body", { kind: "person", who: "owner", method: "POST", path: "/api/v1/login", body: { token: "x" } }],
];

for (const [what, entry] of LEAKS) {
  test(`${what} is found before a recording is kept, and its value is not shown [RECORD-1]`, () => {
    const found = findSecrets([
      { at: 0, kind: "wifi", up: true },
      { ...entry, at: 1 },
    ]);
    assert.is(found.length > 0, true);
    assert.ok(found.every((one) => one.line === 3 && !one.what.includes(KEY)));
  });
}

test("a sound recording has none: hashes of firmware and chunks are public", () => {
  assert.equal(findSecrets(ALL_KINDS), []);
});

test("what was masked is found to be clean, whatever it was", () => {
  const mask = createMask();
  for (const [, entry] of MASKED) assert.equal(findSecrets([{ ...mask.entry(entry), at: 0 }]), []);
});
