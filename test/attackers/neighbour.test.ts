// A neighbour on the Wi-Fi: he has heard every byte, knows the MQTT password, and answers where he can in the cloud's place. He takes no
// connection over, brings no day back, and neither claims, frees nor moves the trap [SEAL-1] [SEAL-2] [CLAIM-3].
import type { IPublishPacket, Packet } from "mqtt-packet";
import * as assert from "uvu/assert";
import {
  credentialsAnswerText,
  decodeProvenRequest,
  downTopics,
  encodeChallengeAnswer,
  encodeCredentialsAnswer,
  encodeReleaseAnswer,
} from "#protocol";
import { eventually } from "../support/eventually.ts";
import { connectDevice, openMqtt, type RawMqtt } from "../support/mqtt.ts";
import { hmacHex } from "../support/seals.ts";
import { suite } from "../support/suite.ts";
import { createScene, type Scene, type Victim } from "./attacked.ts";
import { listSeen, overhearConnect } from "./middle.ts";

const test = suite("a neighbour on the Wi-Fi", { limitMs: 90_000, fileLimitMs: 300_000 });
let scene: Scene;
test.before(async () => {
  scene = await createScene();
});
test.after(() => scene?.stop());

const OTHER_KEY = "c0ffee00".repeat(8);
const unproven = () => scene.cloud.refusals().unproven ?? 0;

/** A connection of his own to the broker, with the very bytes the trap logged in with. */
async function logInAsVictim({ known }: Victim): Promise<RawMqtt> {
  const raw = await openMqtt(scene.cloud.mqttPort);
  raw.send(overhearConnect(scene.middle));
  assert.is((await raw.take("connack")).returnCode, 0, "the password is good");
  const topics = downTopics(known.tenantId, known.deviceId);
  raw.send({ cmd: "subscribe", messageId: 1, subscriptions: topics.map((topic) => ({ topic, qos: 1 })) });
  await raw.take("suback");
  return raw;
}

const heardOf = (raw: RawMqtt) =>
  raw.inbox.filter((packet): packet is IPublishPacket => packet.cmd === "publish").map((packet) => packet.topic);

test("with the password he connects as often as he likes: the trap stays, its owner's word reaches it and not him, its alert arrives", async () => {
  const victim = await scene.begin();
  const from = victim.heard();
  const intruders: RawMqtt[] = [];
  for (let i = 0; i < 8; i++) intruders.push(await logInAsVictim(victim));
  const url = `/api/v1/devices/${victim.known.deviceId}/commands`;
  await scene.cloud.ask({ url, as: scene.owner.token, body: { command: "identify" } });
  await victim.said("command", { command: "identify" }, from);
  victim.trap.spring();
  await eventually(async () => (await victim.alerts()).length === 1, { withinMs: 8_000, because: "the alert arrives" });
  for (const one of intruders) assert.ok(heardOf(one).every((topic) => topic.endsWith("/down/session")));
  assert.not.ok(
    victim.trap.consoleLines().some((entry) => entry.number > from && entry.line.includes(" session ")),
    "its connection is the one it had",
  );
  for (const one of intruders) one.cut();
});

test("his ends end no session: neither his goodbye nor his will makes the trap look offline", async () => {
  const victim = await scene.begin();
  const [polite, rude] = [await logInAsVictim(victim), await logInAsVictim(victim)];
  polite.send({ cmd: "disconnect" });
  await polite.closed;
  rude.cut();
  const { known } = victim;
  const sessions = await scene.cloud.db.kysely
    .selectFrom("device_sessions")
    .select(["session", "ended_at"])
    .where("device_id", "=", known.deviceId)
    .execute();
  assert.equal(
    sessions.map((one) => one.ended_at),
    [null],
  );
  assert.is((await victim.read()).online, true);
});

test("yesterday's session, played again from its first byte, is refused at its hello, and changes nothing", async () => {
  const victim = await scene.begin();
  victim.trap.spring();
  await eventually(async () => (await victim.alerts()).length === 1, { withinMs: 8_000, because: "the alert arrives" });
  const said = listSeen(scene.middle, "up", "publish");
  const [alert] = await victim.alerts();
  await scene.cloud.ask({ method: "POST", url: `/api/v1/alerts/${alert?.id}/resolve`, as: scene.owner.token });
  const [events, refused] = [(await victim.events()).length, unproven()];
  victim.trap.cutPower();
  for (const first of [0, 1, said.length - 1]) {
    const raw = await logInAsVictim(victim);
    for (const packet of said.slice(first)) raw.send(packet);
    await raw.closed;
    assert.equal(
      raw.inbox.filter((packet) => packet.cmd === "puback"),
      [],
    );
  }
  assert.is(unproven(), refused + 3);
  assert.is((await victim.events()).length, events);
  assert.equal(
    (await victim.alerts()).map((one) => one.status),
    ["resolved"],
  );
});

test("with the trap's key the same connection is the trap's", async () => {
  const victim = await scene.begin();
  victim.trap.cutPower();
  const thief = await connectDevice(scene.cloud.mqttPort, victim.known, { boot: "0000ffff00000000", session: 1 });
  await thief.hello({ state: "armed", version: "6.6.6" });
  await thief.event({ seq: 1 });
  assert.is((await victim.alerts()).length, 1);
  assert.is((await victim.read()).firmwareVersion, "6.6.6");
  thief.cut();
});

/** The broker seems to refuse the credentials, so that the trap asks the cloud, which is him. */
function refuseAtBroker(): void {
  scene.middle.fake = (packet: Packet) =>
    packet.cmd === "connect" ? [{ cmd: "connack", returnCode: 5, sessionPresent: false }] : [];
  scene.middle.cut();
}

const CREDENTIALS = {
  tenant: "5f0c6f3e-7c0b-4b1e-9a63-0c6a51c1d001",
  device: "5f0c6f3e-7c0b-4b1e-9a63-0c6a51c1d002",
  host: "127.0.0.1",
  port: 9,
  user: "5f0c6f3e-7c0b-4b1e-9a63-0c6a51c1d003",
  sealed: "00".repeat(32),
};

/** An answer to the question for credentials, signed with a key. */
function answerCredentials(status: "released" | "ready", body: string, key: string): string {
  const asked = decodeProvenRequest(body);
  if (!asked.ok) throw new Error(`no request: ${body}`);
  const credentials = status === "ready" ? CREDENTIALS : null;
  const answer = { status, challenge: "ab".repeat(16), credentials, proof: "" };
  const proof = hmacHex(key, credentialsAnswerText(asked.value.serial, asked.value.challenge, answer));
  return encodeCredentialsAnswer({ ...answer, proof });
}

const FORGED_ANSWERS: [name: string, forge: (path: string, body: string) => string | null][] = [
  [
    "that it was released",
    (path, body) => (path.endsWith("/credentials") ? answerCredentials("released", body, OTHER_KEY) : null),
  ],
  [
    "to take other credentials",
    (path, body) => (path.endsWith("/credentials") ? answerCredentials("ready", body, OTHER_KEY) : null),
  ],
  [
    "without any proof",
    (path, body) =>
      path.endsWith("/credentials")
        ? answerCredentials("released", body, OTHER_KEY).replace(/"proof":"[0-9a-f]*"/, `"proof":"${"0".repeat(64)}"`)
        : null,
  ],
  [
    "what the cloud said when it was claimed",
    (path) =>
      path.endsWith("/credentials")
        ? (scene.front.seen.find((one) => one.answer.includes('"ready"'))?.answer ?? "{}")
        : null,
  ],
  [
    "with a challenge and an answer of one kind",
    (path, body) =>
      path.endsWith("/challenges")
        ? encodeChallengeAnswer({ challenge: "00".repeat(16) })
        : answerCredentials("released", body, OTHER_KEY),
  ],
  ["a release", () => encodeReleaseAnswer({ status: "released", proof: "0".repeat(64) })],
];

for (const [name, forge] of FORGED_ANSWERS) {
  test(`answering in the cloud's place he tells it ${name}: it keeps its owner and comes back`, async () => {
    const victim = await scene.begin();
    const from = victim.heard();
    const asked = scene.front.seen.length;
    refuseAtBroker();
    scene.front.forge = forge;
    await eventually(() => scene.front.seen.length >= asked + 4, { withinMs: 15_000, because: "the trap asks him" });
    await victim.recover();
    const lines = victim.trap.consoleLines().filter((entry) => entry.number > from);
    assert.not.ok(lines.some((entry) => /claim status=(released|ready)/.test(entry.line)));
    await eventually(async () => (await victim.read()).online, { withinMs: 5_000, because: "it is online" });
  });
}

test("with the trap's key the same answer lets it go", async () => {
  const victim = await scene.begin();
  const from = victim.heard();
  scene.front.forge = (path, body) =>
    path.endsWith("/credentials") ? answerCredentials("released", body, victim.known.key) : null;
  refuseAtBroker();
  await victim.said("claim", { status: "released" }, from);
});
