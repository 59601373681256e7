// A stolen broker, and a man in the middle who is as good as one: he relays, alters, repeats, reorders, drops, adds, and answers a lured trap
// himself. The trap follows none of it, loses nothing to it, and what is told in its name is not kept [SEAL-1].
import type { Packet } from "mqtt-packet";
import * as assert from "uvu/assert";
import {
  type DownName,
  downTopic,
  encodeAck,
  encodeCommand,
  encodeConfiguration,
  encodeEvent,
  encodeSessionStart,
  encodeUpdateOffer,
  encodeWelcome,
  joinSealed,
  splitSealed,
  upTopic,
} from "#protocol";
import { eventually } from "../support/eventually.ts";
import { eventOf } from "../support/mqtt.ts";
import { suite } from "../support/suite.ts";
import { createScene, type Scene, type Victim } from "./attacked.ts";
import { HONEST, listMessages, listSeen, nameOf, publishPacket, textOf } from "./middle.ts";
import { takeEnd } from "./stolen-key.ts";

const test = suite("a stolen broker", { limitMs: 90_000, fileLimitMs: 300_000 });
let scene: Scene;
test.before(async () => {
  scene = await createScene();
});
test.after(() => scene?.stop());

const OTHER_KEY = "c0ffee00".repeat(8);
const WISH = { rev: 99, telemetryS: 60, confirmMs: 999, armDelayMs: 60_000, buzzer: false };
const UUID = "5f0c6f3e-7c0b-4b1e-9a63-0c6a51c1d001";

const ORDERS: [name: DownName, record: string][] = [
  ["command", encodeCommand({ id: 7_001, command: "reboot" })],
  ["command", encodeCommand({ id: 7_002, command: "silence" })],
  ["command", encodeCommand({ id: 7_003, command: "release" })],
  ["config", encodeConfiguration(WISH)],
  ["ack", encodeAck({ boot: "0000000100000001", seq: 1 })],
  [
    "offer",
    encodeUpdateOffer({ id: UUID, firmware: UUID, version: "6.6.6", size: 9_000, sha256: "0".repeat(64), chunk: 512 }),
  ],
  ["session", encodeSessionStart({ nonce: "0".repeat(32) })],
  ["welcome", encodeWelcome({ boot: "0000000100000001", session: 1 })],
];

function downTo({ known }: Victim, name: DownName, payload: string): Packet {
  return publishPacket(downTopic(known.tenantId, known.deviceId, name), payload);
}

const unproven = () => scene.cloud.refusals().unproven ?? 0;

test("no command, configuration, offer or acknowledgement of the broker's own is followed, however it is sealed", async () => {
  const victim = await scene.begin();
  const { middle } = scene;
  const from = victim.heard();
  const thief = takeEnd("cloud", middle, { key: OTHER_KEY, deviceId: victim.known.deviceId }, 1_000);
  const overheard = ["welcome", "config", "ack"].flatMap((name) => listMessages(middle, "down", name));
  assert.ok(overheard.length > 0, "there is something to repeat");
  const told = [
    ...ORDERS.flatMap(([name, record]) => [
      downTo(victim, name, record),
      downTo(victim, name, joinSealed(record, 1_000, "0".repeat(64))),
      downTo(victim, name, thief.close(name, record)),
    ]),
    ...overheard.flatMap((packet) => [
      downTo(victim, nameOf(packet) as DownName, textOf(packet)),
      ...(["command", "config", "ack"] as const).map((name) =>
        downTo(victim, name, textOf(packet).replace("\n1 ", "\n900 ")),
      ),
    ]),
  ];
  for (const packet of told) middle.tell(packet);
  await eventually(() => victim.countRefused(from) >= told.length, {
    withinMs: 5_000,
    because: "the trap has refused all of it",
  });
  const said = victim.trap.consoleLines().filter((entry) => entry.number > from);
  assert.equal(
    said.map((entry) => entry.line).filter((line) => !/ (refused|event) /.test(line)),
    [],
    "and has done nothing else",
  );
  assert.is.not((await victim.read()).config.reported?.confirmMs, WISH.confirmMs);
});

test("with the trap's key the same command, in the same place, is followed", async () => {
  const victim = await scene.begin();
  const from = victim.heard();
  const thief = takeEnd("cloud", scene.middle, victim.known, 1_000);
  scene.middle.tell(downTo(victim, "command", thief.close("command", ORDERS[0]?.[1] ?? "")));
  await victim.said("command", { command: "reboot" }, from);
  await victim.said("reboot", {}, from);
});

/** The trap springs while nothing it says of it gets through; resolves when its event has been seen and taken away. */
async function springUnheard(victim: Victim): Promise<string> {
  scene.middle.rule = (way, packet) => (way === "up" && nameOf(packet) === "event" ? [] : [packet]);
  victim.trap.spring();
  const packet = await eventually(
    () => listMessages(scene.middle, "up", "event").find((one) => textOf(one).includes('"sprung"')),
    { withinMs: 5_000, because: "the trap tells of its spring" },
  );
  const sealed = splitSealed(textOf(packet));
  const event: { boot: string; seq: number } = JSON.parse(sealed.ok ? sealed.record : "{}");
  return encodeAck({ boot: event.boot, seq: event.seq });
}

const sprungOf = async (victim: Victim) => (await victim.events()).filter((event) => event.kind === "sprung");

test("no forged acknowledgement makes the trap give up its alert, which arrives when it is let through, once", async () => {
  const victim = await scene.begin();
  const { middle } = scene;
  const ack = await springUnheard(victim);
  const thief = takeEnd("cloud", middle, { key: OTHER_KEY, deviceId: victim.known.deviceId }, 1_000);
  const from = victim.heard();
  const forged = [ack, joinSealed(ack, 999, "f".repeat(64)), thief.close("ack", ack)];
  for (const packet of listMessages(middle, "down", "ack")) {
    const [, seal = ""] = textOf(packet).split("\n");
    forged.push(`${ack}\n${seal}`, textOf(packet));
  }
  for (const payload of forged) middle.tell(downTo(victim, "ack", payload));
  await eventually(() => victim.countRefused(from) >= forged.length, { withinMs: 5_000, because: "all are refused" });
  await victim.said("session", { state: "waiting" }, from);
  assert.equal(await sprungOf(victim), [], "the cloud has heard nothing of it");
  await victim.recover();
  await eventually(async () => (await victim.alerts()).length === 1, {
    withinMs: 8_000,
    because: "the alert is there",
  });
  assert.is((await sprungOf(victim)).length, 1);
});

test("with the trap's key the same acknowledgement does cost the alert", async () => {
  const victim = await scene.begin();
  const ack = await springUnheard(victim);
  const thief = takeEnd("cloud", scene.middle, victim.known, 1_000);
  scene.middle.tell(downTo(victim, "ack", thief.close("ack", ack)));
  await eventually(() => listMessages(scene.middle, "up", "event").length > 0, {
    withinMs: 1_000,
    because: "it was told",
  });
  await victim.recover();
  await victim.said("session", { state: "online" });
  victim.trap.setPlunger();
  victim.trap.pressButton(1_000);
  await eventually(async () => (await victim.events()).some((event) => event.kind === "rearmed"), {
    withinMs: 10_000,
    because: "what came after it has arrived",
  });
  assert.equal(await sprungOf(victim), []);
});

/** Have the trap say something: it answers the command of its owner. */
async function askForAnswer(victim: Victim): Promise<void> {
  const url = `/api/v1/devices/${victim.known.deviceId}/commands`;
  const answer = await scene.cloud.ask({ url, as: scene.owner.token, body: { command: "identify" } });
  assert.is(answer.status, 201, answer.text);
}

function upFrom({ known }: Victim, payload: string): Packet {
  return publishPacket(upTopic(known.tenantId, known.deviceId, "event"), payload);
}

const FORGED = encodeEvent({ ...eventOf("0000000100000001"), seq: 9_000, kind: "sprung" });

const FORGERIES: [name: string, forge: (victim: Victim) => Promise<void>][] = [
  ["an event without a seal", async (victim) => scene.middle.say(upFrom(victim, FORGED))],
  [
    "an event under another key",
    async (victim) => {
      const thief = takeEnd("trap", scene.middle, { key: OTHER_KEY, deviceId: victim.known.deviceId }, 50);
      scene.middle.say(upFrom(victim, thief.close("event", FORGED)));
    },
  ],
  [
    "the last message once more",
    async () => scene.middle.say({ ...(listSeen(scene.middle, "up", "publish").at(-1) ?? never()), messageId: 41_000 }),
  ],
  [
    "the hello of the first session once more",
    async () => scene.middle.say({ ...(listMessages(scene.middle, "up", "hello")[0] ?? never()), messageId: 41_001 }),
  ],
  [
    "an answer that was altered",
    async (victim) => {
      scene.middle.rule = (way, packet) =>
        way === "up" && packet.cmd === "publish" && nameOf(packet) === "result"
          ? [{ ...packet, payload: Buffer.from(textOf(packet).replace('"code":0', '"code":1')) }]
          : [packet];
      await askForAnswer(victim);
    },
  ],
  [
    "two messages in each other's place",
    async (victim) => {
      const held: Packet[] = [];
      scene.middle.rule = (way, packet) => {
        if (way === "down" || packet.cmd !== "publish") return [packet];
        held.push(packet);
        return held.length < 2 ? [] : held.splice(0).reverse();
      };
      await askForAnswer(victim);
      await askForAnswer(victim);
    },
  ],
  [
    "a message behind one that was taken away",
    async (victim) => {
      let taken = 0;
      scene.middle.rule = (way, packet) => {
        if (way === "down" || nameOf(packet) !== "result") return [packet];
        taken += 1;
        return taken === 1 ? [] : [packet];
      };
      await askForAnswer(victim);
      await askForAnswer(victim);
    },
  ],
];

function never(): never {
  throw new Error("nothing was overheard");
}

test("nothing that the broker makes, alters, repeats, swaps or takes away in the trap's name is kept", async () => {
  const victim = await scene.begin();
  const before = await victim.events();
  for (const [name, forge] of FORGERIES) {
    const [refused, from] = [unproven(), victim.heard()];
    await forge(victim);
    await eventually(() => unproven() === refused + 1, { withinMs: 8_000, because: `${name} is refused` });
    scene.middle.rule = HONEST;
    await victim.said("session", { state: "online" }, from);
  }
  assert.equal(
    (await victim.events()).map((event) => [event.kind, event.id]),
    before.map((event) => [event.kind, event.id]),
  );
  assert.equal(await victim.alerts(), []);
  assert.is((await victim.read()).trapState, "armed");
});

test("with the trap's key the same event is kept, and raises its alert", async () => {
  const victim = await scene.begin();
  const counts = scene.middle.seen.filter((one) => one.way === "up" && one.packet.cmd === "publish").length;
  const thief = takeEnd("trap", scene.middle, victim.known, counts);
  scene.middle.say(upFrom(victim, thief.close("event", FORGED)));
  await eventually(async () => (await victim.alerts()).length === 1, {
    withinMs: 5_000,
    because: "the alert is raised",
  });
});

/** A broker that says yes to everything, and welcomes as well as it can. */
function answerAsFake(victim: Victim, key: string): (packet: Packet) => Packet[] {
  const nonce = "ab".repeat(16);
  return (packet) => {
    switch (packet.cmd) {
      case "connect":
        return [{ cmd: "connack", returnCode: 0, sessionPresent: false }];
      case "subscribe":
        return [
          { cmd: "suback", messageId: packet.messageId ?? 0, granted: packet.subscriptions.map(() => 1) },
          downTo(victim, "session", encodeSessionStart({ nonce })),
        ];
      case "pingreq":
        return [{ cmd: "pingresp" }];
      case "publish": {
        const puback: Packet = { cmd: "puback", messageId: packet.messageId ?? 0 };
        if (nameOf(packet) !== "hello") return [puback];
        const [record = ""] = textOf(packet).split("\n");
        const { boot, session }: { boot: string; session: number } = JSON.parse(record);
        const welcome = encodeWelcome({ boot, session });
        scene.middle.seen.push({
          connection: 0,
          way: "down",
          packet: downTo(victim, "session", encodeSessionStart({ nonce })),
        });
        const seal = takeEnd("cloud", scene.middle, { key, deviceId: victim.known.deviceId });
        return [puback, downTo(victim, "welcome", welcome), downTo(victim, "welcome", seal.close("welcome", welcome))];
      }
      default:
        return [];
    }
  };
}

test("a trap that is lured to another broker tells it no event, does not stay, and its alert arrives at home", async () => {
  const victim = await scene.begin();
  const { middle } = scene;
  const from = victim.heard();
  middle.fake = answerAsFake(victim, OTHER_KEY);
  middle.cut();
  middle.seen.length = 0;
  victim.trap.spring();
  await victim.said("session", { trouble: "no welcome" }, from);
  const again = victim.heard();
  await victim.said("session", { trouble: "no welcome" }, again);
  const lines = victim.trap.consoleLines().filter((entry) => entry.number > from);
  assert.not.ok(lines.some((entry) => entry.line.includes("state=online")));
  assert.ok(listMessages(middle, "up", "hello").length >= 2, "it has said who it is");
  assert.equal(listMessages(middle, "up", "event"), [], "and nothing else");
  await victim.recover();
  await eventually(async () => (await victim.alerts()).length === 1, {
    withinMs: 8_000,
    because: "the alert is there",
  });
  assert.is((await sprungOf(victim)).length, 1);
});

test("with the trap's key the same broker is believed", async () => {
  const victim = await scene.begin();
  const from = victim.heard();
  scene.middle.fake = answerAsFake(victim, victim.known.key);
  scene.middle.cut();
  await victim.said("session", { state: "online" }, from);
});
