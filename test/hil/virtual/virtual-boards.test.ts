// Boards that are not there become the same resource that a bench file describes, and end with the bench.
import * as path from "node:path";
import * as assert from "uvu/assert";
import { createWallClock } from "../../../hil/clock.ts";
import { describeBoard, startVirtualBoards } from "../../../hil/drivers/virtual/virtual-boards.ts";
import { createProgramEnvironment } from "../../support/config.ts";
import { eventually } from "../../support/eventually.ts";
import { suite } from "../../support/suite.ts";

const test = suite("virtual boards", { limitMs: 60_000 });
const ROOT = path.resolve(import.meta.dirname, "../../..");
const TOLD = {
  serial: "rfc2217://127.0.0.1:4000",
  fixture: "rfc2217://127.0.0.1:4001",
  control: "http://127.0.0.1:4002",
  mac: "24:0a:c4:00:00:01",
};

test("what a board's process tells becomes a resource with ports, power, network, hands and clock", () => {
  const board = describeBoard("virtual-1", JSON.stringify(TOLD));
  assert.equal(board.port, { kind: "rfc2217", host: "127.0.0.1", port: 4000 });
  assert.equal(board.fixture?.port, { kind: "rfc2217", host: "127.0.0.1", port: 4001 });
  assert.equal([board.mac, board.clock?.url], [TOLD.mac, TOLD.control]);
  assert.equal(board.power, {
    kind: "http",
    on: { url: `${TOLD.control}/api/power`, method: "POST", body: { on: true } },
    off: { url: `${TOLD.control}/api/power`, method: "POST", body: { on: false } },
  });
  assert.is(board.wifi?.power?.kind, "http");
});

for (const line of ["", "no JSON", "{}", '{"serial":1}', "null"]) {
  test(`a process that tells ${line || "nothing"} is no board`, () => {
    assert.throws(() => describeBoard("virtual-1", line), /told no addresses/);
  });
}

test("they are started all at once, each with a chip of its own, and a lost one is told of", async () => {
  const given = { root: ROOT, count: 2, seed: 1, environment: createProgramEnvironment(), clock: createWallClock() };
  const virtual = await startVirtualBoards(given);
  const crashes: string[] = [];
  virtual.onCrash((board) => crashes.push(board));
  try {
    const [one, two] = virtual.boards;
    assert.equal([one?.name, two?.name], ["virtual-1", "virtual-2"]);
    assert.is.not(one?.mac, two?.mac);
    assert.is((await fetch(`${two?.clock?.url}/api/state`)).status, 200);
  } finally {
    await virtual.close();
  }
  await eventually(
    () =>
      fetch(virtual.boards[0]?.clock?.url ?? "").then(
        () => false,
        () => true,
      ),
    {
      withinMs: 5_000,
      because: "nobody listens there any more",
    },
  );
  assert.equal(crashes, [], "an end that was wanted is no crash");
});
