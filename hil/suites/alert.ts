// The promise: when the plunger is released a person knows it, within two seconds as we want it and within thirty as is humane.
import { StepFailure } from "../steps/failure.ts";
import type { StepContext } from "../steps/step.ts";
import { choosePatienceMs, hurried } from "../strategy/patience.ts";
import type { Rig } from "../strategy/rig.ts";
import { isState } from "../strategy/strategy.ts";
import type { Suite } from "./suite.ts";

/** In milliseconds from the release of the plunger: what we want, and what an animal in the trap can bear. */
export const NOTICE_LIMITS = { pass: 2_000, fail: 30_000 };

export const alert: Suite = {
  name: "alert",
  title: "A trap that springs is a notice to its owner within 2 s, and within the humane 30 s in any case",
  from: "online",
  withinMs: 180_000,
  async run(context, rig) {
    await arm(context, rig);
    const { alertId } = await springAndSee(context, rig);
    await context.step("there is one alert of it, with the event that raised it", async () => {
      const open = (await rig.owner.listAlerts(rig.deviceId)).filter((one) => one.status === "new");
      const [only, ...others] = open;
      if (only === undefined || only.id !== alertId || others.length > 0 || only.severity !== "critical") {
        throw new StepFailure(`open alerts: ${JSON.stringify(open)}`, { awaited: `one critical alert ${alertId}` });
      }
    });
    await putBack(context, rig);
  },
};

export function requireFixture(context: StepContext, rig: Rig): NonNullable<Rig["fixture"]> {
  return rig.fixture ?? context.skip("this board has no fixture, and nobody here to spring it");
}

/** Set, pressed where it had sprung, and watched: the trap says that it is armed. */
export async function arm(context: StepContext, rig: Rig): Promise<void> {
  const fixture = requireFixture(context, rig);
  context.defer("set the plunger", () => fixture.setPlunger(true));
  await context.step("arm it", () =>
    hurried(rig, async () => {
      const mark = rig.console.mark();
      await fixture.setPlunger(true);
      await rig.console.order("info");
      const withinMs = choosePatienceMs(rig, 30_000, 10_000);
      const told = await rig.console.see(mark, "the state of the trap", withinMs, ({ name }) => name === "trap");
      if (told.fields.state === "sprung") await fixture.pressButton(PRESS_MS);
      if (told.fields.state !== "armed") {
        await rig.console.see(told.place, "that it is armed", withinMs, isState("trap", "armed"));
      }
    }),
  );
}

/** A press that is none of a claim and none of a reset. */
export const PRESS_MS = 300;

/** @returns the alert as the live stream has shown it */
export function springAndSee(context: StepContext, rig: Rig): Promise<{ alertId: string; noticeMs: number }> {
  const fixture = requireFixture(context, rig);
  return context.step("release the plunger, and see the notice", async (step) => {
    const { owner } = rig;
    const from = owner.mark();
    const mark = rig.console.mark();
    const releasedAt = rig.clock.now();
    await fixture.setPlunger(false);
    const sprung = await rig.console.see(
      mark,
      "that it has sprung",
      choosePatienceMs(rig, 10_000, 10_000),
      isState("trap", "sprung"),
    );
    const isNew = (data: Record<string, unknown>) => data.deviceId === rig.deviceId && data.status === "new";
    const notice = await step.wait("the alert on the owner's live stream", () => owner.find(from, "alert", isNew), {
      withinMs: NOTICE_LIMITS.fail + 1_000,
      everyMs: 10,
      lastSeen: () => owner.lastSeen(),
    });
    const noticeMs = Math.max(0, Math.round(notice.at - releasedAt));
    step.measure("from the release to the trap's word", Math.round(sprung.at - releasedAt), "ms");
    step.measure("from the release to the notice", noticeMs, "ms", NOTICE_LIMITS);
    return { alertId: String(notice.data.id), noticeMs };
  });
}

/** Nobody's alert is left open, and the trap is armed again. */
export async function putBack(context: StepContext, rig: Rig): Promise<void> {
  await context.step("close what was raised, and rearm", async (step) => {
    for (const { id, status } of await rig.owner.listAlerts(rig.deviceId)) {
      if (status !== "resolved") await rig.owner.resolve(id);
    }
    await arm(step, rig);
  });
}
