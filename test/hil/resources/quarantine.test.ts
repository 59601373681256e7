// Boards that are left out for a while: with a reason, an end, and a way back.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { HilError } from "../../../hil/error.ts";
import { createQuarantine, explainQuarantine, quarantineBoard } from "../../../hil/resources/quarantine.ts";
import { suite } from "../../support/suite.ts";

const test = suite("hil/resources/quarantine");
const ANNA = { mac: "24:0a:c4:00:00:01", name: "anna" };
const NOON = Date.UTC(2026, 10, 21, 12);
const root = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-quarantine-"));
test.after(() => fs.rmSync(root, { recursive: true, force: true }));

let folders = 0;
function createBench() {
  folders += 1;
  const folder = path.join(root, String(folders));
  const time = { now: NOON };
  return { folder, time, quarantine: createQuarantine({ folder, owner: "ute@lab", now: () => time.now }) };
}

test("a board is in quarantine from now to its end, with reason, owner and evidence", () => {
  const { quarantine, time } = createBench();
  assert.is(quarantine.find(ANNA.mac), undefined);
  quarantine.add(ANNA, { reason: "its USB socket is loose", forMs: 3_600_000, evidence: ["port gone at 11:58"] });
  assert.equal(quarantine.list(), [
    {
      board: ANNA,
      reason: "its USB socket is loose",
      owner: "ute@lab",
      since: NOON,
      until: NOON + 3_600_000,
      evidence: ["port gone at 11:58"],
    },
  ]);
  time.now += 3_600_000;
  assert.is(quarantine.find(ANNA.mac), undefined);
  assert.equal(quarantine.list(), []);
});

test("a board that fails its health check stays out for three days, and the reason says how to end it", () => {
  const { quarantine } = createBench();
  const entry = quarantineBoard(quarantine, ANNA, { reason: "no boot log", evidence: ["invalid header: 0xffffffff"] });
  assert.is(
    explainQuarantine(entry),
    "anna is in quarantine until 2026-11-24 12:00 UTC by ute@lab: no boot log. `hil quarantine lift anna` ends it.",
  );
});

test("lifting ends it, and tells whether there was one", () => {
  const { quarantine } = createBench();
  quarantine.add(ANNA, { reason: "x", forMs: 1_000 });
  assert.is(quarantine.lift(ANNA.mac), true);
  assert.is(quarantine.lift(ANNA.mac), false);
  assert.equal(quarantine.list(), []);
});

test("putting it there anew replaces reason and end", () => {
  const { quarantine } = createBench();
  quarantine.add(ANNA, { reason: "first", forMs: 1_000 });
  quarantine.add(ANNA, { reason: "second", forMs: 2_000 });
  assert.equal(
    quarantine.list().map(({ reason, until }) => [reason, until]),
    [["second", NOON + 2_000]],
  );
});

test("a file that is torn or foreign keeps no board out", () => {
  const { quarantine, folder } = createBench();
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, "240ac4000001.json"), '{"board": {"mac"');
  fs.writeFileSync(path.join(folder, "notes.txt"), "x");
  assert.equal(quarantine.list(), []);
});

test("a folder that cannot be written is told with what to do", () => {
  const { quarantine, folder } = createBench();
  fs.writeFileSync(folder, "a file");
  try {
    quarantine.add(ANNA, { reason: "x", forMs: 1_000 });
    assert.unreachable();
  } catch (thrown) {
    assert.ok(thrown instanceof HilError && thrown.kind === "infrastructure", String(thrown));
    assert.match(thrown.message, "The quarantine of anna cannot be kept");
  }
});
