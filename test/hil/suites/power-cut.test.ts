// Power that was cut is proven, not believed: the switch may click as it likes, the chip has to say that it had none.
import * as assert from "uvu/assert";
import { StepFailure } from "../../../hil/steps/failure.ts";
import type { StepContext } from "../../../hil/steps/step.ts";
import type { Rig } from "../../../hil/strategy/rig.ts";
import { cutPower, givePower, requirePower } from "../../../hil/suites/power-cut.ts";
import { suite } from "../../support/suite.ts";
import { trySuite } from "../steps/try-suite.ts";

const test = suite("power cut");
type PowerRig = Pick<Rig, "console" | "hurry" | "power" | "resource">;
const POWER_ON = "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)";

/** Of a board that tells this when its power comes. */
function createRig(
  log: string,
  reason: string,
  kind: "http" | "lines" | null = "http",
): { rig: Rig; switched: boolean[] } {
  const switched: boolean[] = [];
  const power = { name: "a switch", set: async (on: boolean) => void switched.push(on), close: async () => undefined };
  const resource = { name: "a", ...(kind && { power: { kind } }) };
  const console: Partial<Rig["console"]> = {
    mark: () => 0,
    async seeText(_from, pattern) {
      if (!pattern.test(log)) throw new StepFailure(`not heard: ${pattern}`);
      return { text: log, at: 1, place: 0 };
    },
    async see(_from, what, _withinMs, fits) {
      const line = { ms: 1, name: "boot", fields: { reason, sha256: "ab" } };
      if (!fits(line)) throw new StepFailure(`not heard: ${what}`);
      return { ...line, at: 2, place: 7 };
    },
  };
  const rig = { console, hurry: undefined, resource, power: kind === null ? undefined : power };
  // What a power cut touches of a rig is all there.
  return { rig: rig as Partial<PowerRig> as Rig, switched };
}

const cutAndGive = (rig: Rig) => async (context: StepContext) => {
  requirePower(context, rig);
  await cutPower(context, rig);
  return givePower(context, rig);
};

test("it is switched off and on, and the boot that follows is told with its place", async () => {
  const { rig, switched } = createRig(POWER_ON, "1");
  let place = -1;
  const { result } = await trySuite(async (context) => {
    ({ place } = await cutAndGive(rig)(context));
  });
  assert.is(result.outcome, "passed", JSON.stringify(result.failure));
  assert.is(place, 7);
  assert.equal(switched, [false, true, true], "off, on, and given back when the suite ends");
});

for (const [what, log, reason] of [
  ["a board that was only reset", "rst:0x10 (RTCWDT_RTC_RESET),boot:0x13", "1"],
  ["a board whose trap tells of another reason", POWER_ON, "2"],
  ["a board that tells nothing", "", "1"],
] as const) {
  test(`${what} is no proof, and has its power back all the same [BENCH-72]`, async () => {
    const { rig, switched } = createRig(log, reason);
    const { result } = await trySuite(cutAndGive(rig));
    assert.is(result.outcome, "failed");
    assert.is(switched.at(-1), true);
  });
}

for (const kind of ["lines", null] as const) {
  test(`a bench with ${kind ?? "no switch"} skips what needs a power cut, and says why`, async () => {
    const { rig, switched } = createRig(POWER_ON, "1", kind);
    const { result } = await trySuite(cutAndGive(rig));
    assert.is(result.outcome, "skipped");
    assert.match(result.skipReason ?? "", /power/);
    assert.equal(switched, []);
  });
}
