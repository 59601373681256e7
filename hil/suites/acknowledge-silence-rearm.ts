// The promise: an owner who is told answers, silences the trap from afar, closes the matter; and the trap can be set again by hand.
import { StepFailure } from "../steps/failure.ts";
import type { StepContext } from "../steps/step.ts";
import { choosePatienceMs, hurried } from "../strategy/patience.ts";
import type { Rig } from "../strategy/rig.ts";
import { isState } from "../strategy/strategy.ts";
import { arm, PRESS_MS, requireFixture, springAndSee } from "./alert.ts";
import type { Suite } from "./suite.ts";

export const acknowledgeSilenceRearm: Suite = {
  name: "acknowledge-silence-rearm",
  title: "An alert is acknowledged, silenced from afar and resolved, and the trap is set and armed again by hand",
  from: "online",
  withinMs: 240_000,
  async run(context, rig) {
    await arm(context, rig);
    const { alertId } = await springAndSee(context, rig);
    await answer(context, rig, alertId, "acknowledged", () => rig.owner.acknowledge(alertId));
    await silence(context, rig);
    await rearm(context, rig);
    await answer(context, rig, alertId, "resolved", () => rig.owner.resolve(alertId));
    await context.step("nothing is open any more", async () => {
      const open = (await rig.owner.listAlerts(rig.deviceId)).filter((one) => one.status !== "resolved");
      if (open.length > 0) throw new StepFailure(`still open: ${JSON.stringify(open)}`);
    });
  },
};

function answer(
  context: StepContext,
  rig: Rig,
  alertId: string,
  status: "acknowledged" | "resolved",
  act: () => Promise<void>,
): Promise<void> {
  return context.step(`the alert is ${status}, and everybody of the account sees it`, async (step) => {
    const from = rig.owner.mark();
    await act();
    const isIt = (data: Record<string, unknown>) => data.id === alertId && data.status === status;
    await step.wait(`the alert ${status} on the live stream`, () => rig.owner.find(from, "alert", isIt), {
      withinMs: 10_000,
      lastSeen: () => rig.owner.lastSeen(),
    });
  });
}

function silence(context: StepContext, rig: Rig): Promise<void> {
  return context.step("silence it from afar", async (step) => {
    const mark = rig.console.mark();
    const { id } = await rig.owner.command(rig.deviceId, "silence");
    const withinMs = choosePatienceMs(rig, 30_000, 10_000);
    const isSilenced = ({ name, fields }: { name: string; fields: Record<string, string> }) =>
      name === "event" && fields.kind === "silenced";
    await rig.console.see(mark, "that it is silent", withinMs, isSilenced);
    const isDone = async () => (await rig.owner.listCommands(rig.deviceId)).find((one) => one.id === id)?.code === 0;
    await step.wait("the trap's answer to the command", isDone, { withinMs });
  });
}

function rearm(context: StepContext, rig: Rig): Promise<void> {
  const fixture = requireFixture(context, rig);
  return context.step("set the plunger, press, and it is armed again", async (step) => {
    const from = rig.owner.mark();
    const mark = rig.console.mark();
    await hurried(rig, async () => {
      await fixture.setPlunger(true);
      await fixture.pressButton(PRESS_MS);
      await rig.console.see(mark, "that it is armed", choosePatienceMs(rig, 30_000, 10_000), isState("trap", "armed"));
    });
    const isRearmed = (data: Record<string, unknown>) => data.deviceId === rig.deviceId && data.kind === "rearmed";
    await step.wait("the rearming on the live stream", () => rig.owner.find(from, "event", isRearmed), {
      withinMs: 20_000,
      lastSeen: () => rig.owner.lastSeen(),
    });
  });
}
