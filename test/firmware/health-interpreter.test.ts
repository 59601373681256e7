// What the trap's health relies on, on the real interpreter: a handler that runs out of memory is taken away, and the flags tell it once.
import * as assert from "uvu/assert";
import { getEspruino, runOnEspruino } from "../support/espruino.ts";
import { suite } from "../support/suite.ts";

const test = suite("health on the interpreter", { limitMs: 30_000 });

const SCRIPT = `
function exhaust() { var a = []; while (true) a.push("what is not here yet comes now, and again " + a.length); }
var ticks = 0;
setInterval(function () { ticks++; if (ticks === 1) exhaust(); }, 100);
setTimeout(function () { print("first " + E.getErrorFlags().join()); }, 700);
setTimeout(function () { print("second " + E.getErrorFlags().join()); print("ticks " + ticks); quit(); }, 1200);
`;

test("a timer that runs out of memory ends, which the flags CALLBACK and MEMORY tell once [HEALTH-1]", async () => {
  const { lines } = await runOnEspruino(getEspruino(), SCRIPT, 20_000);
  const first = lines.find((line) => line.startsWith("first ")) ?? lines.join("\n");
  const flags = first.slice("first ".length).split(",");
  assert.ok(flags.includes("CALLBACK") && flags.includes("MEMORY"), first);
  assert.ok(lines.includes("second "), "told once");
  assert.ok(lines.includes("ticks 1"), "and gone for good");
});
