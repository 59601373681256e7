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
