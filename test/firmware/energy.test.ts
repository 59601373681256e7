// The energy budget: the table people read is the one the function computes.
import * as fs from "node:fs";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { averageUa, lastsHours, MODEM_SLEEP_UA } from "../../firmware/power/energy.ts";
import { PROFILES } from "../../firmware/power/profile.ts";
import { suite } from "../support/suite.ts";

const test = suite("energy budget");
const README = path.resolve(import.meta.dirname, "../../firmware/README.md");
const CAPACITY_MAH = 3000;

function renderRow(name: string, profile: number): string {
  const cells = [false, true].flatMap((calling) => {
    const ua = averageUa(profile, calling);
    return [(ua / 1000).toFixed(1), String(lastsHours(CAPACITY_MAH, ua))];
  });
  return `| ${[name, ...cells].join(" | ")} |`;
}

test("the table in firmware/README.md is what the function computes", () => {
  const text = fs.readFileSync(README, "utf8");
  const table = text.slice(text.indexOf("<!-- energy"), text.indexOf("<!-- end of energy"));
  const rows = table.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| profile"));
  assert.equal(
    rows,
    PROFILES.map((name, profile) => renderRow(name, profile)),
  );
});

test("each profile takes less than the one before it, and none less than the processor alone", () => {
  for (const calling of [false, true]) {
    const currents = PROFILES.map((_, profile) => averageUa(profile, calling));
    for (const [i, ua] of currents.entries()) {
      assert.ok(ua > MODEM_SLEEP_UA);
      if (i > 0) assert.ok(ua < currents[i - 1]!, `${PROFILES[i]} takes ${ua} uA`);
    }
  }
});

test("hours follow from capacity and current", () => {
  assert.is(lastsHours(3000, 50_000), 48);
  assert.is(lastsHours(1000, 80_000), 10);
});
