// A million mutated messages on every input of the trap: none crashes it, none changes it, every refusal is counted. The seed is fixed; a
// failure names the message. What is stored is bad-records.test.ts's.
import * as assert from "uvu/assert";
import { CONSOLE_COMMANDS, parseConsoleCommand } from "#protocol";
import { suite } from "../support/suite.ts";
import {
  createVictim,
  encodePublish,
  listOrders,
  stealMessages,
  topicOf,
  type Victim,
  watch,
} from "./bad-input/bad-input.ts";
import { type Chance, createChance, spoil } from "./bad-input/mutations.ts";
import { createCloudDouble, startOwned } from "./cloud-double.ts";
import { createTestBench, type TestBench } from "./ports-double.ts";
import { SEED } from "./seed.ts";

const test = suite("bad input", { limitMs: 240_000, fileLimitMs: 480_000 });
const SEALED = 640_000;
const PACKETS = 100_000;
const ANSWERS = 60_000;
const LINES = 200_000;
/** A look at everything there is to see costs as much as some hundred messages. */
const LOOK_EVERY = 20_000;

const show = (text: string) => JSON.stringify(text.length > 400 ? `${text.slice(0, 400)}...` : text);

function hear(bench: TestBench, bytes: string): void {
  const socket = bench.sockets.at(-1);
  assert.ok(socket && !socket.closedByTrap, "the connection is open");
  socket.handlers.received(bytes);
  socket.written = "";
}

/** Feeds, looks, counts. */
function feed(victim: Victim, count: number, next: (i: number) => string): void {
  let last = "";
  const about = () => show(last);
  for (let i = 0; i < count; i++) {
    last = next(i);
    victim.checkQuick(about);
    if (i % LOOK_EVERY === LOOK_EVERY - 1) victim.checkAll(about);
  }
  victim.checkAll(about);
}

/** A topic of the trap, mostly the right one, and a sealed payload that is not right any more. */
function createForgery(chance: Chance, stolen: { name: Parameters<typeof topicOf>[0]; payload: string }[]) {
  const payloads = stolen.map(({ payload }) => payload);
  const whole = new Set(payloads);
  return (): { topic: string; payload: string } => {
    const message = chance.pick(stolen);
    if (chance.draw(12) === 0) {
      // Sealed for another topic, and untouched.
      const other = chance.pick(stolen.filter(({ name }) => name !== message.name && name !== "session"));
      return { topic: topicOf(other.name), payload: message.payload };
    }
    const payload = spoil(chance, message.payload, payloads);
    return { topic: topicOf(message.name), payload: whole.has(payload) ? `${payload} ` : payload };
  };
}

test("[INPUT-1] of messages from the broker none is believed whose seal is not right, and each is counted as refused", () => {
  const victim = createVictim();
  const chance = createChance(SEED);
  const forge = createForgery(chance, stealMessages(victim.cloud, chance, 240));
  const before = victim.countRefusals();
  feed(victim, SEALED, (i) => {
    const { topic, payload } = forge();
    hear(victim.bench, encodePublish(topic, payload, (i % 65_535) + 1));
    return `${topic} ${payload}`;
  });
  assert.is(victim.countRefusals() - before, SEALED);
});

test("what was heard once is refused when it is said again", () => {
  const victim = createVictim();
  const chance = createChance(SEED);
  const stolen = stealMessages(victim.cloud, chance, 6).filter(({ name }) => name === "welcome");
  for (const { payload } of stolen) hear(victim.bench, encodePublish(topicOf("welcome"), payload, 1));
  const before = victim.countRefusals();
  feed(victim, 1000, () => {
    const { payload } = chance.pick(stolen);
    hear(victim.bench, encodePublish(topicOf("welcome"), payload, 1));
    return payload;
  });
  assert.is(victim.countRefusals() - before, 1000);
});

/** Half of a conversation with a broker, of which each packet may be spoilt, in any order and in pieces of any size. */
function createBabble(chance: Chance, cloud: Victim["cloud"]): () => string {
  const orders = listOrders(cloud, chance, 12).map(({ name, record }) => encodePublish(topicOf(name), record, 7));
  const packets = ["\x20\x02\0\0", "\x20\x02\0\x05", "\x90\x08\0\x01\x01\x01\x01\x01\x01\x01", "\x40\x02\0\x05"];
  const all = [...packets, "\xd0\0", ...orders];
  return () => {
    const packet = chance.pick(all);
    const kind = chance.draw(4);
    if (kind === 0) return packet;
    return kind === 1 ? chance.garbage(60) : spoil(chance, packet, all);
  };
}

test("garbage on the socket, before and after the broker has accepted, changes nothing and is survived", () => {
  const { bench, cloud } = startOwned();
  bench.onWrite = () => undefined;
  bench.onRequest = () => null;
  const victim = watch(bench, cloud, false);
  const chance = createChance(SEED + 1);
  const babble = createBabble(chance, cloud);
  feed(victim, PACKETS, () => {
    const bytes = babble();
    let socket = bench.sockets.at(-1);
    // It comes back after a pause, ever again.
    for (let minutes = 0; (!socket || socket.closedByTrap) && minutes < 5; minutes++) {
      bench.clock.advance(20_000);
      socket = bench.sockets.at(-1);
    }
    hear(bench, bytes);
    bench.sockets.splice(0, bench.sockets.length - 1);
    bench.requests.length = 0;
    return bytes;
  });
  assert.ok(victim.countRefusals() > PACKETS / 10);
});

/** Space between the fields does not spoil an answer. */
function meansTheSame(spoilt: string, truth: string): boolean {
  try {
    return JSON.stringify(JSON.parse(spoilt)) === JSON.stringify(JSON.parse(truth));
  } catch (_malformed) {
    return false;
  }
}

test("answers over HTTP that are not proven give no credentials, no release and no firmware", () => {
  const bench = createTestBench({ wired: true });
  const cloud = createCloudDouble(bench);
  cloud.credentialsStatus = "ready";
  const answerTruly = bench.onRequest;
  bench.boot();
  const chance = createChance(SEED + 2);
  let count = 0;
  let last = "";
  const truths: string[] = ["{}"];
  bench.onRequest = (request) => {
    const answer = answerTruly(request);
    if (!answer) return null;
    count += 1;
    truths[truths.length < 60 ? truths.length : chance.draw(60)] = answer.body;
    // The first question is answered truly most of the time, or it would never come to the others.
    if (request.path.endsWith("challenges") && chance.draw(8) > 0) return answer;
    do last = spoil(chance, answer.body, truths);
    while (meansTheSame(last, answer.body));
    return { status: chance.draw(10) === 0 ? chance.draw(600) : 200, body: last, error: "" };
  };
  const kept = () => bench.findLine("claim")?.includes("status=ready");
  while (count < ANSWERS) {
    // Begun anew, since a window closes in the end.
    if (count % 500 === 0) bench.type("claim");
    bench.clock.advance(10_000);
    assert.not(kept(), `credentials were taken from ${show(last)}`);
    const uncaught = bench.lines.find((line) => line.includes("fault"));
    assert.is(uncaught, undefined, show(last));
    if (bench.findLine("claim")?.includes("claim-failed")) bench.type("claim");
    bench.lines.length = 0;
    bench.requests.length = 0;
  }
  assert.is(bench.sockets.length, 0, "it never had anything to log in with");
});

test("lines on the console that are no orders are refused, counted and change nothing", () => {
  const victim = createVictim();
  const chance = createChance(SEED + 3);
  const orders = [
    'wifi ssid="my home" pass="se:cret"',
    "claim code=ABCDE-FGH23",
    "claim",
    "info",
    "identify",
    "reboot",
    "reset",
  ];
  const known: readonly string[] = CONSOLE_COMMANDS;
  const before = victim.countRefusals();
  feed(victim, LINES, () => {
    for (;;) {
      const line = chance.draw(5) === 0 ? chance.garbage(80) : spoil(chance, chance.pick(orders), orders);
      // Whoever holds the cable may order; what is still an order is none of the bad input.
      if (known.includes(parseConsoleCommand(line)?.name ?? "")) continue;
      victim.bench.type(line);
      return line;
    }
  });
  assert.is(victim.countRefusals() - before, LINES);
});

test("a trap that believed what is not sealed would be noticed", () => {
  const victim = createVictim();
  const chance = createChance(SEED);
  const records = listOrders(victim.cloud, chance, 60);
  const texts = records.map(({ record }) => record);
  assert.throws(
    () =>
      feed(victim, 2000, () => {
        // What a trap without eyes for seals hears: every record under a right one.
        const { name, record } = chance.pick(records);
        const spoilt = spoil(chance, record, texts);
        victim.cloud.sendRecord(name, spoilt);
        victim.bench.clock.advance(2);
        return spoilt;
      }),
    /it (wrote|is) /,
  );
});
