// How many messages are under way at once and how long each may take, with a clock in hand.
import * as assert from "uvu/assert";
import { createSimClock, type SimClock } from "../../../cloud/clock.ts";
import { createIngestTurns, type IngestTurns, type TurnRank } from "../../../cloud/mqtt/ingest-turns.ts";
import { getRejection } from "../../support/rejection.ts";
import { suite } from "../../support/suite.ts";
import { createGate, type Gate } from "./broker-fixture.ts";

const test = suite("ingest turns");
let clock: SimClock;
let turns: IngestTurns;
let begun: number[];
let gates: Gate[];

test.before.each(() => {
  clock = createSimClock(new Date(0));
  turns = createIngestTurns(clock, { atOnce: 2, waitMs: 1_000, commitMs: 3_000 });
  begun = [];
  gates = [];
});

/** Piece of work `number`, which is done when its gate opens. */
function run(number: number, rank?: TurnRank): Promise<number> {
  const gate = createGate();
  gates[number] = gate;
  return turns.run(async () => {
    begun.push(number);
    await gate.wait;
    return number;
  }, rank);
}

/** Whatever was due is done. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  const error = await getRejection(promise);
  return error instanceof Error && "code" in error ? error.code : error;
}

test("so many are under way at once, the others follow in their order", async () => {
  const all = [0, 1, 2, 3].map((number) => run(number));
  await settle();
  assert.equal(begun, [0, 1]);
  gates[1]?.open();
  await settle();
  assert.equal(begun, [0, 1, 2]);
  const late = run(4);
  gates[0]?.open();
  await settle();
  assert.equal(begun, [0, 1, 2, 3], "who comes later does not push in");
  for (const gate of gates) gate.open();
  assert.equal(await Promise.all([...all, late]), [0, 1, 2, 3, 4]);
});

test("who has got in is served before who wants in", async () => {
  const all = [run(0), run(1), run(2, "newcomer"), run(3), run(4, "newcomer")];
  await settle();
  for (const number of [0, 1, 3, 2, 4]) {
    gates[number]?.open();
    await settle();
  }
  await Promise.all(all);
  assert.equal(begun, [0, 1, 3, 2, 4]);
});

test("who waits too long is refused and never begun", async () => {
  const two = [0, 1].map((number) => run(number));
  const third = run(2);
  await settle();
  clock.advance(1_000);
  assert.is(await codeOf(third), "no-turn");
  for (const gate of gates) gate.open();
  await Promise.all(two);
  await settle();
  assert.equal(begun, [0, 1]);
});

test("who takes too long is given up, yet keeps its place until it has ended", async () => {
  const slow = run(0);
  const other = run(1);
  await settle();
  gates[1]?.open();
  await other;
  clock.advance(3_000);
  assert.is(await codeOf(slow), "too-slow");
  const [next, last] = [run(2), run(3)];
  await settle();
  assert.equal(begun, [0, 1, 2], "one place is still taken");
  gates[0]?.open();
  await settle();
  assert.equal(begun, [0, 1, 2, 3]);
  for (const gate of gates) gate.open();
  await Promise.all([next, last]);
});

test("work that fails passes its turn on, and its own error comes through", async () => {
  const [first, second, third] = [run(0), run(1), run(2)];
  await settle();
  gates[0]?.fail(new Error("no database"));
  assert.match(String(await getRejection(first)), /no database/);
  await settle();
  assert.equal(begun, [0, 1, 2]);
  for (const gate of gates) gate.open();
  await Promise.all([second, third]);
});

test("a stop waits for what is under way, refuses what waits and what comes", async () => {
  const two = [0, 1].map((number) => run(number));
  const waiting = run(2);
  await settle();
  let isStopped = false;
  const stopped = turns.stop().then(() => {
    isStopped = true;
  });
  assert.is(await codeOf(waiting), "stopped");
  assert.is(await codeOf(run(3)), "stopped");
  await settle();
  assert.is(isStopped, false);
  for (const gate of gates) gate.open();
  await Promise.all([...two, stopped]);
});

test("what takes no turn begins at once, has the same time, and is waited for at the stop", async () => {
  const two = [0, 1].map((number) => run(number));
  const [first, second] = [createGate(), createGate()];
  const slow = turns.runBeside(() => first.wait);
  await settle();
  clock.advance(3_000);
  assert.is(await codeOf(slow), "too-slow");
  const kept = turns.runBeside(() => second.wait.then(() => "kept"));
  for (const gate of gates) gate.open();
  first.open();
  await Promise.allSettled(two);
  let isStopped = false;
  const stopped = turns.stop().then(() => {
    isStopped = true;
  });
  assert.is(await codeOf(turns.runBeside(async () => "late")), "stopped");
  await settle();
  assert.is(isStopped, false);
  second.open();
  assert.is(await kept, "kept");
  await stopped;
});
