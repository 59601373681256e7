// Flashing boards that are half dead: a wire is broken, messages are lost or spoilt, the flash is worn out. Each is told as what it is.
import { createHash } from "node:crypto";
import * as assert from "uvu/assert";
import { flashBoard } from "../../../../hil/drivers/flasher/flash-job.ts";
import { HilError } from "../../../../hil/error.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { clock, type FlashableBoard, openFree, startBoard } from "./flashable-board.ts";

const test = suite("flashing a half-dead board", { limitMs: 60_000 });
let board: FlashableBoard;
test.before(async () => {
  board = await startBoard();
});
test.after(() => board.stop());
test.after.each(() => board.post("/api/fault", { kind: "none" }));

let seed = 0;
async function flash() {
  seed += 1;
  const bytes = Buffer.alloc(60_000);
  for (let at = 0; at < bytes.length; at += 32) createHash("sha256").update(`${seed}:${at}`).digest().copy(bytes, at);
  const regions = [{ name: "program", address: 0x10000, bytes }];
  const remarks: string[] = [];
  const port = await openFree(board.serial);
  try {
    const result = await flashBoard({ port, clock, mac: board.mac, regions, onRemark: (text) => remarks.push(text) });
    return { result, remarks };
  } finally {
    await port.close();
  }
}

const BROKEN: [what: string, fault: object, code: string, message: RegExp][] = [
  ["nothing comes from it", { kind: "mute" }, "no-loader", /Nothing at all comes from the board/],
  ["it hears nothing", { kind: "deaf" }, "no-loader", /waits in its loader \(boot:0x3\) but hears nothing/],
];

for (const [what, fault, code, message] of BROKEN) {
  test(`a board of which ${what} is told as that`, async () => {
    await board.post("/api/fault", fault);
    const error = await getRejection(flash());
    assert.instance(error, HilError);
    assert.is((error as HilError).code, code);
    assert.match((error as HilError).message, message);
  });
}

for (const kind of ["lose", "spoil"]) {
  test(`an answer that the wires ${kind} on the way costs a try at most`, async () => {
    await board.post("/api/fault", { kind, after: 30, count: 1 });
    const { result } = await flash();
    assert.equal((await board.state()).fault, { kind, hits: 1 });
    assert.equal(
      result.regions.map(({ outcome }) => outcome),
      ["written"],
    );
  });
}

test("a board whose flash is worn out is told by what it reads back", async () => {
  await board.post("/api/fault", { kind: "worn", address: 0x11004 });
  const error = await getRejection(flash());
  assert.instance(error, HilError);
  assert.is((error as HilError).code, "flash-differs");
  assert.match((error as HilError).message, /program \(0x10000\) .* reads back otherwise\. Its flash is worn out/);
});
