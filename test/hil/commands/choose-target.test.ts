// Which port a person means.
import * as assert from "uvu/assert";
import { chooseTarget } from "../../../hil/commands/choose-target.ts";
import { HilError } from "../../../hil/error.ts";
import type { Bench, BoardResource } from "../../../hil/resources/bench.ts";
import { eventually } from "../../support/eventually.ts";
import { getRejection } from "../../support/rejection.ts";
import { suite } from "../../support/suite.ts";
import { createPersonIo } from "./person-io.ts";

const test = suite("which port a person means");

const LEFT: BoardResource = {
  name: "trap-left",
  mac: "24:0a:c4:00:00:01",
  hardware: "esp32",
  trapKind: "live-catch",
  labels: {},
  port: { kind: "path", path: "/dev/ttyUSB0" },
};
const RIGHT: BoardResource = { ...LEFT, name: "trap-right", port: { kind: "tcp", host: "10.0.0.3", port: 4000 } };
const BENCH: Bench = {
  name: "cellar",
  boards: [LEFT, RIGHT],
  virtualBoards: 0,
  cloud: { kind: "local", host: "10.0.0.2" },
  firmware: {},
};
const source = {
  list: async () => [
    { path: "/dev/ttyS0" },
    { path: "/dev/ttyUSB0", location: "1-1", serialNumber: "0001" },
    { path: "/dev/ttyUSB1", location: "1-2" },
  ],
};
const none = { list: async () => [] };

async function refusal(work: Promise<unknown>): Promise<HilError> {
  const error = await getRejection(work);
  assert.instance(error, HilError);
  return error as HilError;
}

test("a port, or a board of the bench by its name or its port", async () => {
  const { io } = createPersonIo();
  const choose = (typed: string, bench?: Bench) => chooseTarget({ typed, bench, io });
  assert.equal(await choose("tcp://h:1"), { port: { kind: "tcp", host: "h", port: 1 } });
  assert.is((await choose("trap-right", BENCH)).board, RIGHT);
  assert.is((await choose("tcp://10.0.0.3:4000", BENCH)).board, RIGHT);
});

test("a name nobody has is answered with those there are", async () => {
  const { io } = createPersonIo();
  const misspelt = await refusal(chooseTarget({ typed: "trap-lefft", bench: BENCH, io }));
  assert.is(misspelt.kind, "usage");
  assert.match(misspelt.message, 'cellar has no board "trap-lefft". Did you mean trap-left?');
  assert.match((await refusal(chooseTarget({ typed: "left", bench: undefined, io }))).message, "--bench FILE");
});

test("the only one is taken without a question", async () => {
  const { io } = createPersonIo();
  const one = { list: async () => [{ path: "/dev/ttyS0" }, { path: "/dev/ttyUSB7", vendorId: "10c4" }] };
  const chosen = await chooseTarget({ typed: undefined, bench: undefined, io, source: one });
  assert.equal(chosen.port, { kind: "path", path: "/dev/ttyUSB7" });
  const error = await refusal(chooseTarget({ typed: undefined, bench: undefined, io, source: none }));
  assert.is(error.code, "no-port");
});

test("[BENCH-34] among several nobody is asked where nobody can answer: the choices are told", async () => {
  const { io } = createPersonIo({ isTerminal: false });
  const error = await refusal(chooseTarget({ typed: undefined, bench: undefined, io, source }));
  assert.is(error.kind, "usage");
  assert.match(error.message, /1 {2}\/dev\/ttyUSB0 .*0001[\s\S]*2 {2}\/dev\/ttyUSB1/);
  assert.match((await refusal(chooseTarget({ typed: undefined, bench: BENCH, io }))).message, "trap-right");
});

test("at a terminal a person chooses by number", async () => {
  const { io, err, type } = createPersonIo({ isTerminal: true });
  const choosing = chooseTarget({ typed: undefined, bench: undefined, io, source });
  await eventually(() => err.length === 2, { withinMs: 1_000, because: "the question is asked" });
  type("2\n");
  assert.equal((await choosing).port, { kind: "path", path: "/dev/ttyUSB1" });
});

test("a number that is none, the end of the input and Ctrl-C choose nothing", async () => {
  for (const act of ["9\n", "", "end", "interrupt"]) {
    const person = createPersonIo({ isTerminal: true });
    const choosing = refusal(chooseTarget({ typed: undefined, bench: undefined, io: person.io, source }));
    await eventually(() => person.err.length === 2, { withinMs: 1_000, because: "the question is asked" });
    if (act === "interrupt") person.interrupt();
    else person.io.stdin.end(act === "end" ? "" : act);
    assert.is((await choosing).code, "which-port", act);
  }
});
