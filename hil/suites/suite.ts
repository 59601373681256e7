// Owns what a suite is, and the rig it works on: one board with everything that hangs on it, and the cloud. Which drivers are behind the
// rig's doors a suite cannot tell.
import type { StepContext } from "../steps/step.ts";
import type { Rig } from "../strategy/rig.ts";
import type { BoardState } from "../strategy/states.ts";

export interface Suite {
  /** Kebab-case, the file's name. */
  name: string;
  /** The promise, as a sentence. */
  title: string;
  /** The state its board is brought to before it begins. */
  from: BoardState;
  /** All of it, teardown aside; in milliseconds of real time. */
  withinMs: number;
  run(context: StepContext, rig: Rig): Promise<void>;
}

/** A blank board is flashed, claimed and online in less. */
const PREPARE_MS_MAX = 900_000;

/**
 * What comes before the suite: its turn at the cloud, which it leaves when everything was put back, and the state it begins in. For the
 * engine's `prepare`.
 */
export function prepareFor(suite: Suite): { withinMs: number; run(context: StepContext, rig: Rig): Promise<void> } {
  return {
    withinMs: PREPARE_MS_MAX,
    async run(context, rig) {
      await rig.turns.enter(context.signal);
      context.defer("leave the cloud to others", async () => rig.turns.leave());
      await rig.reach(context, suite.from);
    },
  };
}
