// What may be published: firmware that a trusted key has signed, whole and for our traps, and nothing else, whatever is done to it [SIGN-3].
import { request } from "node:http";
import * as assert from "uvu/assert";
import { SIGNATURE_BYTES, SIGNED_FIRMWARE_BYTES_MAX } from "#protocol";
import { createJudgeFirmware, fingerprintOf } from "../../../cloud/updates/firmware-verdict.ts";
import { createTestCloud, type Owner, type TestCloud } from "../../support/cloud.ts";
import { getSeed } from "../../support/property.ts";
import { readSigned, SIGNERS } from "../../support/signed-firmware.ts";
import { listSpoiled } from "../../support/spoiled-files.ts";
import { suite } from "../../support/suite.ts";

const test = suite("publishing firmware", { limitMs: 120_000 });
const MUTATIONS = 1_000;
const AT_ONCE = 8;

let cloud: TestCloud;
let owner: Owner;

test.before(async () => {
  cloud = await createTestCloud();
});
test.after(() => cloud.stop());
test.before.each(async () => {
  owner = await cloud.createOwner();
});

const publish = (body: unknown) => cloud.ask({ url: "/api/v1/firmware", as: owner.token, body });
const list = async () => (await cloud.ask({ url: "/api/v1/firmware", as: owner.token })).json.versions;

/** Rows of the tenant, whatever is in them. */
async function countRows(): Promise<number> {
  const rows = await cloud.db.kysely
    .selectFrom("firmware_versions")
    .select("id")
    .where("tenant_id", "=", owner.tenantId)
    .execute();
  return rows.length;
}

test("a signed firmware is published with what its manifest says, its hash and the key's fingerprint, and nothing else decides", async () => {
  const { file, firmware } = readSigned("usual");
  const answer = await publish(file);
  assert.is(answer.status, 201, answer.text);
  const { id, createdAt, sha256, ...told } = answer.json.firmware;
  assert.equal(told, {
    version: "2.0.0",
    counter: 7,
    hardware: "esp32",
    notes: "For the tests.",
    signedBy: fingerprintOf(SIGNERS.first),
    size: file.length,
  });
  assert.equal(await list(), [answer.json.firmware]);
  const row = await cloud.db.kysely
    .selectFrom("firmware_versions")
    .select(["content", "signature", "counter", "target_hardware", "signed_by"])
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  const signature = file.subarray(file.length - firmware.length - SIGNATURE_BYTES, file.length - firmware.length);
  assert.equal(row, {
    content: file,
    signature,
    counter: 7,
    target_hardware: "esp32",
    signed_by: fingerprintOf(SIGNERS.first),
  });
  assert.match(cloud.logText(), `"signedBy":"${fingerprintOf(SIGNERS.first)}"`);
  const audit = await cloud.db.kysely
    .selectFrom("audit_logs")
    .select("new_values")
    .where("tenant_id", "=", owner.tenantId)
    .where("action", "=", "publish")
    .execute();
  const kept = { version: "2.0.0", counter: 7, sha256, signedBy: fingerprintOf(SIGNERS.first) };
  assert.equal(audit, [{ new_values: kept }]);
});

const replace = (file: Buffer, from: string, to: string) =>
  Buffer.from(file.toString("latin1").replace(from, to), "latin1");

/** What is published, and what is said against it. */
const refused: [name: string, body: () => Buffer, says: RegExp][] = [
  ["nothing", () => Buffer.alloc(0), /empty.*firmware -- sign/],
  ["a bundle that is not signed", () => readSigned("usual").firmware, /does not begin with a manifest.*not signed/],
  ["a bundle whose lines look like JSON", () => Buffer.from('{"a":1}\nprint(1)'), /manifest cannot be read \(code \d+/],
  ["a manifest alone", () => manifestOf("usual"), /cut off: its manifest tells of \d+ bytes, and it has \d+/],
  ["a file without its last byte", () => readSigned("usual").file.subarray(0, -1), /cut off/],
  [
    "a file with a byte behind its end",
    () => Buffer.concat([readSigned("usual").file, Buffer.from("\n")]),
    /on for 1 bytes/,
  ],
  ["two files in one", () => Buffer.concat([readSigned("usual").file, readSigned("usual").file]), /goes on for/],
  ["a changed firmware", () => flip(readSigned("usual").file, -1), /bytes are not those/],
  ["a changed signature", () => flip(readSigned("usual").file, 5_000), /No key that this cloud trusts/],
  ["another counter", () => replace(readSigned("usual").file, '"counter":7', '"counter":9'), /No key that this cloud/],
  [
    "other notes",
    () => replace(readSigned("usual").file, "For the tests.", "For the jests."),
    /No key that this cloud/,
  ],
  ["the manifest in other words", () => replace(readSigned("usual").file, '{"v":1', '{ "v":1'), /cannot be read/],
  [
    "a signature by a key that is not trusted",
    () => readSigned("usual by the second key").file,
    /No key that this cloud/,
  ],
  ["firmware of another product", () => readSigned("of another product").file, /"trapline-gateway".*"trapline-trap"/],
  ["firmware for other hardware", () => readSigned("for other hardware").file, /"esp8266".*"esp32"/],
  ["bytes that are no text, though signed", () => readSigned("of bytes that are no text").file, /no printable ASCII/],
];

function manifestOf(name: string): Buffer {
  const { file } = readSigned(name);
  return file.subarray(0, file.indexOf("\n") + 1);
}

function flip(file: Buffer, at: number): Buffer {
  const flipped = Buffer.from(file);
  const index = at < 0 ? file.length + at : at;
  flipped.writeUInt8(flipped.readUInt8(index) ^ 1, index);
  return flipped;
}

for (const [name, body, says] of refused) {
  test(`${name}: refused with 422 in words of its own, and nothing is stored`, async () => {
    const answer = await publish(body());
    assert.equal([answer.status, answer.json.code], [422, "bad-firmware"], answer.text);
    assert.match(answer.json.detail, says);
    assert.is(await countRows(), 0);
  });
}

test("what is no file of bytes, or longer than any firmware, is refused before it is read", async () => {
  const json = await publish({ a: 1 });
  assert.equal([json.status, json.json.code], [415, "wrong-content-type"]);
  const large = await publish(Buffer.alloc(SIGNED_FIRMWARE_BYTES_MAX + 1, "a"));
  assert.equal([large.status, large.json.code], [413, "body-too-large"]);
  assert.is(await countRows(), 0);
});

/** Send for as long as somebody listens; how much that was, and what was answered. */
function sendWithoutEnd(): Promise<{ status: number; sent: number }> {
  const piece = Buffer.alloc(16 * 1024, "a");
  const headers = { authorization: `Bearer ${owner.token}`, "content-type": "application/octet-stream" };
  return new Promise((resolve, reject) => {
    let sent = 0;
    const asked = request(`${cloud.httpAddress}/api/v1/firmware`, { method: "POST", headers });
    const send = (): void => {
      while (!asked.destroyed && sent < 64 * 1024 * 1024) {
        sent += piece.length;
        if (!asked.write(piece)) return void asked.once("drain", send);
      }
    };
    asked.on("response", (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode ?? 0, sent });
      asked.destroy();
    });
    asked.on("error", reject);
    send();
  });
}

test("a body without end is refused when it has become too large, and not read on", async () => {
  const { status, sent } = await sendWithoutEnd();
  assert.is(status, 413);
  assert.ok(sent < 32 * 1024 * 1024, `${sent} bytes were taken`);
  assert.is(await countRows(), 0);
});

test("a signed firmware is published whatever version its address speaks of", async () => {
  const { file } = readSigned("usual");
  const answer = await cloud.ask({ url: "/api/v1/firmware?version=9.9.9", as: owner.token, body: file });
  assert.equal([answer.status, answer.json.firmware?.version], [201, "2.0.0"], answer.text);
});

test("one version is one content for ever; the same again is what it was, also of eight at once", async () => {
  const files = ["usual", "usual with other bytes"].map((name) => readSigned(name).file);
  const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => publish(files[i % 2])));
  assert.equal(answers.map((one) => one.status).sort(), [200, 200, 200, 201, 409, 409, 409, 409]);
  assert.is(answers.find((one) => one.status === 409)?.json.code, "firmware-conflict");
  assert.is(await countRows(), 1);
});

test("the same firmware signed by another key is other content: a trap believes one of them", async () => {
  const judge = createJudgeFirmware([SIGNERS.first, SIGNERS.second]);
  assert.ok(judge(readSigned("usual by the second key").file).ok);
  await cloud.stopCloud();
  await cloud.startCloud({ config: { firmwareKeys: [SIGNERS.second, SIGNERS.first] } });
  assert.is((await publish(readSigned("usual").file)).status, 201);
  const other = await publish(readSigned("usual by the second key").file);
  assert.equal([other.status, other.json.code], [409, "firmware-conflict"]);
  await cloud.stopCloud();
  await cloud.startCloud();
});

test("a cloud that trusts no key publishes nothing, and says what to configure", async () => {
  await cloud.stopCloud();
  await cloud.startCloud({ config: { firmwareKeys: [] } });
  const answer = await publish(readSigned("usual").file);
  assert.equal([answer.status, answer.json.code], [409, "firmware-keys-missing"]);
  assert.match(answer.json.detail, /TRAPLINE_FIRMWARE_KEYS.*inspect NAME\.pub/);
  assert.is(await countRows(), 0);
  await cloud.stopCloud();
  await cloud.startCloud();
});

test("a version that was published unsigned, in former days, can be published signed", async () => {
  const unsigned = { tenant_id: owner.tenantId, type: "firmware", version: "2.0.0", sha256: "d".repeat(64) } as const;
  await cloud.db.kysely
    .insertInto("firmware_versions")
    .values({ ...unsigned, content: Buffer.from("x") })
    .execute();
  assert.is((await publish(readSigned("usual").file)).status, 201);
  assert.equal(
    (await list()).map((one) => one.version),
    ["2.0.0"],
  );
});

test(`of ${MUTATIONS} spoiled files none is published, and the one they were made of is`, async () => {
  const { file } = readSigned("usual");
  const spoiled = listSpoiled(file, getSeed(), MUTATIONS);
  assert.is(spoiled.length, MUTATIONS);
  const details = new Map<string, number>();
  const work = spoiled.entries();
  const publishRest = async () => {
    for (const [number, one] of work) {
      const answer = await publish(one);
      assert.equal([answer.status, answer.json.code], [422, "bad-firmware"], `mutation ${number}: ${answer.text}`);
      const about = answer.json.detail.slice(0, 20);
      details.set(about, (details.get(about) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, publishRest));
  assert.is(await countRows(), 0);
  const judged = [...details.values()].reduce((sum, count) => sum + count, 0);
  assert.is(judged, MUTATIONS);
  assert.ok((details.get("No key that this clo") ?? 0) > 100, "many came as far as the signature");
  assert.is((await publish(file)).status, 201, "the control");
});

test("a verdict takes less time than a trap would notice", () => {
  const judge = createJudgeFirmware([SIGNERS.second, SIGNERS.first]);
  const { file } = readSigned("as large as a slot");
  const times = Array.from({ length: 12 }, () => {
    const from = performance.now();
    assert.ok(judge(file).ok);
    return performance.now() - from;
  }).sort((a, b) => a - b);
  console.log(`a verdict by the second of two keys: ${times.map((ms) => ms.toFixed(1)).join(", ")} ms`);
  assert.ok((times[5] ?? Number.NaN) < 100, `half of them took more than ${times[5]} ms`);
});
