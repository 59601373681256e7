// The promise beneath all others: the board is the one that the bench names, and its loader and its hands answer. It comes before whatever else
// is run; a board that fails it is not gone on with, and goes into quarantine.
import type { StepContext } from "../steps/step.ts";
import type { Rig } from "../strategy/rig.ts";
import type { Suite } from "./suite.ts";

export const health: Suite = {
  name: "health",
  title: "The board is the one that the bench names, and its loader and its hands answer",
  // The chip is asked who it is, and what does not answer there is told with what to look at.
  from: "loader",
  withinMs: 60_000,
  async run(context, rig) {
    await context.step("its fixture answers", (step) => askFixture(step, rig));
  },
};

async function askFixture(context: StepContext, { fixture }: Rig): Promise<{ led: string }> {
  if (fixture === undefined) return { led: "no fixture" };
  await fixture.setButton(false);
  context.signal.throwIfAborted();
  const led = await fixture.readLed();
  return { led: led === undefined ? "not wired" : led ? "on" : "off" };
}
