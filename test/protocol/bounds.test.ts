// The bounds of every field, one row each: what is just inside is read, what is just outside is refused by the field's name.
import * as assert from "uvu/assert";
import * as protocol from "#protocol";
import { suite } from "../support/suite.ts";
import { readGolden } from "./golden.ts";
import { RECORDS } from "./records.ts";

const test = suite("the bounds of every field");

type Row = [records: string, field: string, inside: unknown[], outside: unknown[]];

const INT31 = 2147483647;
const MAX = protocol.INTEGER_MAX;
const HEX = "0123456789abcdef";
const UUID = "5f0c6f3e-7c0b-4b1e-9a63-0c6a51c1d001";

function integers(records: string, field: string, min: number, max: number): Row {
  return [records, field, [min, max], [min - 1, max + 1].filter(Number.isSafeInteger)];
}

function texts(records: string, field: string, min: number, max: number): Row {
  const outside = ["~".repeat(max + 1), "~".repeat(min - 1 < 0 ? max + 2 : min - 1)];
  return [records, field, ["~".repeat(min), "~".repeat(max)], outside];
}

function hexes(records: string, field: string, chars: number): Row {
  const good = HEX.repeat(4).slice(0, chars);
  const rest = good.slice(1);
  return [
    records,
    field,
    [good, "f".repeat(chars)],
    ["", rest, `${good}0`, good.toUpperCase(), `g${rest}`, ` ${rest}`, `-${rest}`],
  ];
}

function uuids(records: string, field: string): Row {
  const outside = [
    "",
    UUID.toUpperCase(),
    UUID.replaceAll("-", ""),
    UUID.slice(1),
    `${UUID}0`,
    `{${UUID.slice(2)}}`,
    `-${UUID.slice(0, 7)}${UUID.slice(8)}`,
    UUID.replace("5", "g"),
    UUID.replaceAll("-", "0"),
    "-".repeat(36),
    "*",
    "../../etc",
  ];
  return [records, field, [UUID, "00000000-0000-0000-0000-000000000000"], outside];
}

function words(records: string, field: string, list: readonly string[]): Row {
  const first = list[0] ?? "";
  const outside = [
    "",
    first.toUpperCase(),
    `${first} `,
    first.slice(1),
    `${first},`,
    "no-such-word",
    "toString",
    "length",
  ];
  return [records, field, [...list], outside];
}

const SERIALS: [good: string[], bad: string[]] = [
  ["AB12", "----", "Z".repeat(32), "TL-2026-000042"],
  ["", "ABC", "Z".repeat(33), "ab12", "AB 1", "AB_1", "AB/1", "AB.1", 'A"12', "A\\12"],
];
const MACS: [good: string[], bad: string[]] = [
  ["24:6f:28:0a:1b:2c", "00:00:00:00:00:00"],
  [
    "",
    "24:6F:28:0a:1b:2c",
    "24-6f-28-0a-1b-2c",
    "246f280a1b2c",
    "24:6f:28:0a:1b:2",
    "24:6f:28:0a:1b:2cc",
    ":".repeat(17),
  ],
];

const ROWS: Row[] = [
  hexes("hello event telemetry will welcome ack", "boot", 16),
  integers("hello will welcome", "session", 1, MAX),
  hexes("session-start", "nonce", protocol.NONCE_CHARS),
  integers("event ack", "seq", 1, MAX),
  texts("hello update-offer manifest", "version", 1, 32),
  hexes("hello update-offer", "sha256", 64),
  texts("hello identity manifest", "hardware", 1, 32),
  integers("hello", "reason", 0, 65535),
  integers("hello telemetry", "uptimeMs", 0, MAX),
  words("hello telemetry", "state", protocol.TRAP_STATES),
  integers("hello configuration", "rev", 0, INT31),
  integers("hello telemetry", "batteryMv", 0, 65535),
  integers("hello telemetry", "rssi", -200, 0),
  integers("event", "age", 0, MAX),
  words("event", "kind", protocol.EVENT_KINDS),
  integers("event", "value", -INT31 - 1, INT31),
  ...["memFree", "memTotal", "falseTriggers", "outbox", "refusals"].map((name) => integers("telemetry", name, 0, MAX)),
  integers("configuration", "telemetryS", 10, 86400),
  integers("configuration", "confirmMs", 5, 1000),
  integers("configuration", "armDelayMs", 100, 60000),
  uuids("update-progress update-offer", "id"),
  words("update-progress", "phase", protocol.UPDATE_PHASES),
  integers("update-progress command-result", "code", 0, 65535),
  integers("update-progress", "received", 0, 139953),
  integers("command command-result", "id", 1, INT31),
  words("command", "command", protocol.COMMANDS),
  uuids("update-offer", "firmware"),
  integers("update-offer", "size", 1, 139953),
  integers("manifest", "size", 1, 131072),
  integers("update-offer", "chunk", 1, 1024),
  ["challenge-request claim-request proven-request identity", "serial", ...SERIALS],
  ["claim-request identity", "mac", ...MACS],
  hexes("challenge-answer claim-request claim-answer proven-request credentials-answer", "challenge", 32),
  texts("claim-request", "code", 0, 10),
  hexes("claim-request claim-answer proven-request credentials-answer release-answer", "proof", 64),
  words("claim-answer", "status", protocol.CLAIM_STATUSES),
  integers("claim-answer", "expiresInS", 0, 86400),
  words("credentials-answer", "status", protocol.CREDENTIALS_STATUSES),
  words("release-answer", "status", protocol.RELEASE_STATUSES),
  ...["tenant", "device", "user"].map((name) => uuids("credentials-answer", name)),
  texts("credentials-answer identity", "host", 1, 253),
  integers("credentials-answer identity", "port", 1, 65535),
  hexes("credentials-answer", "sealed", 64),
  hexes("identity", "key", 64),
  words("identity", "kind", protocol.TRAP_KINDS),
  texts("manifest", "product", 1, 32),
  integers("manifest", "counter", 1, INT31),
  hexes("manifest", "root", 64),
  texts("manifest", "notes", 0, 256),
];

/** A golden record with one field replaced; credentials are there only in an answer that says `ready`. */
function replace(record: string, field: string, value: unknown): string {
  const rows = readGolden(record).map((row) => JSON.parse(row.bytes));
  const row = rows.find((fields) => fields.status === "ready") ?? rows[0];
  return JSON.stringify({ ...row, [field]: value });
}

for (const [records, field, inside, outside] of ROWS) {
  test(`${field} of ${records}`, () => {
    for (const name of records.split(" ")) {
      const one = RECORDS.find((each) => each.name === name);
      assert.ok(one && inside.length > 0 && outside.length > 0);
      for (const value of inside) assert.is(one.decode(replace(name, field, value)).ok, true, `${name} ${value}`);
      const refusal = { ok: false, code: protocol.CODE_BAD_FIELD, field };
      for (const value of outside) assert.equal(one.decode(replace(name, field, value)), refusal, `${name} ${value}`);
    }
  });
}

test("no field of any record has been left out of the table", () => {
  const rows = ROWS.flatMap(([records, field]) => records.split(" ").map((record) => `${record} ${field}`));
  const fields = RECORDS.flatMap(({ name }) =>
    readGolden(name).flatMap(({ bytes }) => {
      const entries = Object.entries(JSON.parse(bytes)).filter(([, value]) => typeof value !== "boolean");
      return entries.map(([field]) => `${name} ${field}`).filter((entry) => !entry.endsWith(" v"));
    }),
  );
  assert.equal([...new Set(rows)].sort(), [...new Set(fields)].sort());
});

test("an identifier can hold no separator of topics, paths or lines", () => {
  for (const c of ["/", "+", "#", "\n", "\0", " "]) {
    assert.not(protocol.isUuid(c + UUID.slice(1)));
    assert.not(protocol.isHex(c));
    assert.not(protocol.isSerialNumber(`AB12${c}`));
    assert.not(protocol.isMacAddress(`24:6f:28:0a:1b:2${c}`));
  }
});
