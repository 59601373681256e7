// The door of traps: proofs are asked, challenges are good once, strangers and liars hear one and the same [CLAIM-2].
import { randomBytes } from "node:crypto";
import * as assert from "uvu/assert";
import { encodeChallengeRequest } from "#protocol";
import { suite } from "../../support/suite.ts";
import { createRooms, type Rooms } from "../http/rooms.ts";
import { createTrap, createTrapOf, type Trap } from "./trap.ts";

const test = suite("trap door");
let rooms: Rooms;

test.before(async () => {
  rooms = await createRooms();
});
test.after(() => rooms.stop());

test("known and unknown serial numbers get challenges that look alike, and none is stored", async () => {
  const known = await createTrap(rooms);
  const unknown = createTrapOf(rooms, { ...known, serial: "TL-NEVER" });
  for (const trap of [known, unknown]) assert.match(await trap.getChallenge(), /^[0-9a-f]{32}$/);
  const stored = await rooms.db.kysely.selectFrom("device_challenges").selectAll().execute();
  assert.is(stored.length, 0);
});

type Attempt = (trap: Trap, challenge: string, other: Trap) => [path: string, text: string];
const wrongKey = randomBytes(32).toString("hex");

const ATTEMPTS: [what: string, attempt: Attempt][] = [
  ["a claim under another key", (trap, c) => ["claiming", trap.claimText(c, { key: wrongKey })]],
  ["a claim with another's MAC address", (trap, c, other) => ["claiming", trap.claimText(c, { mac: other.mac })]],
  ["a claim in another's name", (trap, c, other) => ["claiming", trap.claimText(c, { serial: other.serial })]],
  [
    "a claim with a code that was put in later",
    (trap, c) => ["claiming", trap.claimText(c).replace('"code":""', '"code":"ABCDEFGHJK"')],
  ],
  [
    "a claim of a stranger",
    (trap, c) => ["claiming", createTrapOf(rooms, { ...trap, serial: "TL-NEVER" }).claimText(c)],
  ],
  ["a claim with a made-up challenge", (trap) => ["claiming", trap.claimText("ab".repeat(16))]],
  ["a pickup under another key", (trap, c) => ["credentials", trap.provenText("credentials", c, wrongKey)]],
  ["a pickup with the proof of a release", (trap, c) => ["credentials", trap.provenText("release", c)]],
  [
    "a pickup of a stranger",
    (trap, c) => ["credentials", createTrapOf(rooms, { ...trap, serial: "TL-NEVER" }).provenText("credentials", c)],
  ],
  [
    "a pickup under the key of nobody",
    (trap, c) => [
      "credentials",
      createTrapOf(rooms, { ...trap, serial: "TL-NEVER", key: "00".repeat(32) }).provenText("credentials", c),
    ],
  ],
  ["a release under another key", (trap, c) => ["release", trap.provenText("release", c, wrongKey)]],
  ["a release with the proof of a pickup", (trap, c) => ["release", trap.provenText("credentials", c)]],
];

test("whoever is unknown, lies or comes too late hears one and the same", async () => {
  const [trap, other] = [await createTrap(rooms), await createTrap(rooms)];
  const texts = new Set<string>();
  for (const [what, attempt] of ATTEMPTS) {
    const answer = await trap.post(...attempt(trap, await trap.getChallenge(), other));
    assert.is(answer.status, 403, `${what}: ${answer.text}`);
    texts.add(answer.text);
  }
  const late = await trap.getChallenge();
  rooms.clock.advance(60_000);
  texts.add((await trap.post("claiming", trap.claimText(late))).text);
  const foreign = await other.getChallenge();
  texts.add((await trap.post("claiming", trap.claimText(foreign))).text);
  assert.is(texts.size, 1);
  assert.is(JSON.parse([...texts][0]!).code, "device-unproven");
  const windows = await rooms.db.kysely.selectFrom("device_claiming_queue").selectAll().execute();
  assert.is(windows.length, 0, "and nothing has happened");
});

test("a proven request is good once; its repeat is refused, alone and in a crowd", async () => {
  const trap = await createTrap(rooms);
  const claim = trap.claimText(await trap.getChallenge());
  assert.is((await trap.post("claiming", claim)).status, 200);
  assert.is((await trap.post("claiming", claim)).status, 403);
  const pickup = trap.provenText("credentials", await trap.getChallenge());
  const answers = await Promise.all(Array.from({ length: 20 }, () => trap.post("credentials", pickup)));
  assert.equal(answers.map((one) => one.status).sort(), [200, ...Array(19).fill(403)]);
});

test("a challenge that was used for one purpose is used for all", async () => {
  const trap = await createTrap(rooms);
  const challenge = await trap.getChallenge();
  assert.is((await trap.post("claiming", trap.claimText(challenge))).status, 200);
  assert.is((await trap.post("credentials", trap.provenText("credentials", challenge))).status, 403);
});

test("a wrong proof does not use up the challenge of the honest trap", async () => {
  const trap = await createTrap(rooms);
  const challenge = await trap.getChallenge();
  assert.is((await trap.post("claiming", trap.claimText(challenge, { key: wrongKey }))).status, 403);
  assert.is((await trap.post("claiming", trap.claimText(challenge))).status, 200);
});

const BAD_RECORDS: [what: string, text: string, code: number][] = [
  ["no JSON", "hello", 3],
  ["an array", "[1]", 3],
  ["nothing", "", 3],
  ["trailing garbage", `${encodeChallengeRequest({ serial: "TL-1" })}x`, 3],
  ["a key twice", '{"v":1,"serial":"TL-01","serial":"TL-02"}', 3],
  ["nesting", '{"v":1,"serial":{"a":1}}', 3],
  ["a zero character", '{"v":1,"serial":"TL-\u00001"}', 3],
  ["an unknown version", '{"v":2,"serial":"TL-01"}', 4],
  ["no version", '{"serial":"TL-01"}', 4],
  ["a missing field", '{"v":1}', 5],
  ["a short serial number", '{"v":1,"serial":"TL"}', 5],
  ["more than a record holds", `{"v":1,"serial":"TL-01","x":"${"y".repeat(1100)}"}`, 2],
];
for (const [what, text, code] of BAD_RECORDS) {
  test(`${what} is a bad record with code ${code} at every route`, async () => {
    for (const path of ["challenges", "claiming", "credentials", "release"]) {
      const answer = await rooms.ask({ method: "POST", url: `/device/v1/${path}`, body: text });
      assert.is(answer.status, 400, `${path}: ${answer.text}`);
      assert.is(answer.json.code, "bad-record");
      assert.ok(answer.json.detail.includes(`code ${code}`), answer.text);
    }
  });
}

test("other kinds of content, giants and other methods are refused at the door", async () => {
  const url = "/device/v1/challenges";
  const text = encodeChallengeRequest({ serial: "TL-01" });
  const asText = await rooms.ask({ url, body: text, headers: { "content-type": "text/plain" } });
  assert.is(asText.status, 415);
  assert.is((await rooms.ask({ url, body: "x".repeat(2049) })).status, 413);
  assert.is((await rooms.ask({ url })).status, 404);
  assert.is((await rooms.ask({ url: "/device/v1/nothing", body: text })).status, 404);
});

test("challenges are bounded per address", async () => {
  const bounded = await createRooms({ claimingLimits: { challengesPerAddress: { count: 3, windowMs: 60_000 } } });
  try {
    const body = encodeChallengeRequest({ serial: "TL-01" });
    const ask = (from: string) => bounded.ask({ url: "/device/v1/challenges", body, from });
    for (let i = 0; i < 3; i++) assert.is((await ask("10.0.0.1")).status, 200);
    const refused = await ask("10.0.0.1");
    assert.is(refused.status, 429);
    assert.is(refused.headers["retry-after"], "60");
    assert.is((await ask("10.0.0.2")).status, 200);
  } finally {
    await bounded.stop();
  }
});

test("a key that no longer opens is our fault, told without its reason", async () => {
  const trap = await createTrap(rooms);
  await rooms.db.kysely
    .updateTable("device_identities")
    .set({ key_sealed: Buffer.from("damaged") })
    .where("serial_number", "=", trap.serial)
    .execute();
  const answer = await trap.post("claiming", trap.claimText(await trap.getChallenge()));
  assert.is(answer.status, 500);
  assert.equal(Object.keys(answer.json).sort(), ["code", "status", "title", "type"]);
  assert.ok(rooms.logText().includes("the key of this trap does not open"));
});
