// Owns taking the cloud away and giving it back: for one board by its way there, for all by ending the process, each board agreeing.
import { HilError } from "../error.ts";
import type { StepContext } from "../steps/step.ts";
import type { Rig } from "../strategy/rig.ts";

/** Ends the suite as skipped where the cloud is not the bench's. */
export function requireOwnCloud(context: StepContext, rig: Rig): NonNullable<Rig["cloud"]["process"]> {
  return rig.cloud.process ?? context.skip("the cloud of this bench is not its own to restart");
}

/** Ends the suite as skipped where nothing of the bench stands in between. */
export function requireTaps(context: StepContext, rig: Rig): NonNullable<Rig["taps"]> {
  const { taps } = rig;
  if (taps === undefined) return context.skip("nothing of this bench stands between its boards and this cloud");
  context.defer("let everything pass again", async () => {
    taps.http.clear();
    taps.mqtt.clear();
  });
  return taps;
}

/**
 * Ends the cloud, broker and API in one process, and starts it anew: "kill" as kill -9 does, "stop" as it is stopped in order. Where several
 * boards ask for it, it happens once, when all have asked.
 */
export async function restartCloud(context: StepContext, rig: Rig, how: "kill" | "stop"): Promise<void> {
  const cloud = requireOwnCloud(context, rig);
  await context.step(how === "kill" ? "kill the cloud and start it anew" : "restart the cloud", async (step) => {
    const from = rig.owner.mark();
    const begun = rig.clock.now();
    const restart = async (): Promise<void> => {
      await cloud[how]();
      await cloud.start();
    };
    await rig.turns.share(how, restart, step.signal);
    await step.wait("the owner's live stream open again", () => rig.owner.find(from, "ready", () => true), {
      withinMs: 20_000,
      lastSeen: () => rig.owner.lastSeen(),
    });
    if (!cloud.isUp()) throw new HilError("infrastructure", "cloud-gone", "The cloud that was started anew is gone.");
    return { tookMs: Math.round(rig.clock.now() - begun) };
  });
}
