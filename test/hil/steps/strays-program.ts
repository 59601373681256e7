// Two suites side by side on the wall clock: one leaves a throw in a timer, one a promise alone. What a process hears of it is given to
// strays, as main.ts does, and the outcomes are printed.
import { createWallClock, pause } from "../../../hil/clock.ts";
import { runSuite } from "../../../hil/steps/engine.ts";
import { createEventStream } from "../../../hil/steps/event-stream.ts";
import type { StepContext } from "../../../hil/steps/step.ts";
import { createStrays } from "../../../hil/steps/strays.ts";
import { never } from "./try-suite.ts";

const clock = createWallClock();
const strays = createStrays();
const stream = createEventStream({ clock });
const unclaimed: string[] = [];
const take = (thrown: unknown) => {
  if (!strays.take(thrown)) unclaimed.push(String(thrown));
};
process.on("uncaughtException", take);
process.on("unhandledRejection", take);

async function tryOne(name: string, run: (context: StepContext) => Promise<void>): Promise<string> {
  const { outcome, failure } = await runSuite<object>(
    { name, title: name, withinMs: 5_000, run },
    {},
    {
      ...{ stream, clock, strays, board: "a", attempt: 1, signal: new AbortController().signal },
      repeatCommand: () => "",
    },
  );
  return `${name} ${outcome} ${failure?.path?.join(">")} ${failure?.message}`;
}

const outcomes = await Promise.all([
  tryOne("timer", (context) =>
    context.step("waits", () => {
      clock.setTimer(10, () => {
        throw new Error("in a timer");
      });
      return never();
    }),
  ),
  tryOne("promise", (context) =>
    context.step("waits", () => {
      pause(clock, 20).then(() => Promise.reject(new Error("left alone")));
      return never();
    }),
  ),
  tryOne("quiet", (context) => context.step("waits", () => pause(clock, 60))),
]);
clock.setTimer(1, () => {
  throw new Error("of no suite");
});
await pause(clock, 20);
console.log(JSON.stringify({ outcomes, unclaimed }));
