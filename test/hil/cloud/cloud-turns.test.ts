// Boards that share a cloud: a restart waits for those who use it, serves all who wait for the same, and keeps newcomers out meanwhile.
import * as assert from "uvu/assert";
import { createCloudTurns } from "../../../hil/drivers/cloud/cloud-turns.ts";
import { getRejection } from "../../support/rejection.ts";
import { suite } from "../../support/suite.ts";

const test = suite("turns at the cloud");
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("alone, one restarts at once", async () => {
  const turns = createCloudTurns();
  let count = 0;
  await turns.enter();
  await turns.share("kill", async () => {
    count += 1;
  });
  assert.is(count, 1);
  turns.leave();
});

test("a restart waits until every other suite has ended or wants the same, and is done once for all [BENCH-64]", async () => {
  const turns = createCloudTurns();
  const done: string[] = [];
  const act = async (): Promise<void> => void done.push("killed");
  for (let board = 0; board < 3; board++) await turns.enter();
  const first = turns.share("kill", act).then(() => done.push("first goes on"));
  const second = turns.share("kill", act).then(() => done.push("second goes on"));
  await settle();
  assert.equal(done, [], "the third still uses it");
  turns.leave();
  await Promise.all([first, second]);
  assert.equal(done, ["killed", "first goes on", "second goes on"]);
});

test("who comes while a restart is due waits at the door", async () => {
  const turns = createCloudTurns();
  await turns.enter();
  await turns.enter();
  const restart = turns.share("kill", async () => undefined);
  let isIn = false;
  const late = turns.enter().then(() => {
    isIn = true;
  });
  await settle();
  assert.not(isIn);
  turns.leave();
  await restart;
  await late;
  assert.ok(isIn);
});

test("two that want different things get both, one after the other", async () => {
  const turns = createCloudTurns();
  const done: string[] = [];
  await turns.enter();
  await turns.enter();
  const all = [
    turns.share("kill", async () => void done.push("kill")).then(() => turns.leave()),
    turns.share("stop", async () => void done.push("stop")).then(() => turns.leave()),
  ];
  await Promise.all(all);
  assert.equal(done, ["kill", "stop"]);
});

test("a restart that fails fails for all who waited for it, and nobody is kept out by it", async () => {
  const turns = createCloudTurns();
  await turns.enter();
  await turns.enter();
  const act = async (): Promise<void> => {
    throw new Error("no cloud");
  };
  const [one, two] = await Promise.all([turns.share("kill", act), turns.share("kill", act)].map(getRejection));
  assert.equal([String(one), String(two)], ["Error: no cloud", "Error: no cloud"]);
  await turns.enter();
});

test("who gives up waiting for a restart takes it away from nobody, and brings it on nobody", async () => {
  const turns = createCloudTurns();
  await turns.enter();
  await turns.enter();
  const patience = new AbortController();
  let count = 0;
  const act = async (): Promise<void> => {
    count += 1;
  };
  const given = getRejection(turns.share("kill", act, patience.signal));
  const late = turns.enter();
  patience.abort(new Error("its suite has ended"));
  assert.is(String(await given), "Error: its suite has ended");
  turns.leave();
  await late;
  await settle();
  assert.is(count, 0, "the other is still in its suite");
});

test("who gives up at the door has not entered", async () => {
  const turns = createCloudTurns();
  await turns.enter();
  await turns.enter();
  const patience = new AbortController();
  const restart = turns.share("kill", async () => undefined);
  const given = getRejection(turns.enter(patience.signal));
  patience.abort(new Error("no longer"));
  assert.is(String(await given), "Error: no longer");
  turns.leave();
  await restart;
});
