// The promise: a trap that its owner gives away forgets them and belongs to whoever claims it next; one that is reset by its button is free on
// both sides and as new.
import { StepFailure } from "../steps/failure.ts";
import type { StepContext } from "../steps/step.ts";
import { openWindow } from "../strategy/claiming.ts";
import { choosePatienceMs, hurried } from "../strategy/patience.ts";
import type { Rig } from "../strategy/rig.ts";
import { findStanding } from "../strategy/standing.ts";
import { isStatus, joinWifi } from "../strategy/strategy.ts";
import { requireFixture } from "./alert.ts";
import type { Suite } from "./suite.ts";

/** Beyond the 10 s of a reset. */
const RESET_PRESS_MS = 11_500;

export const releaseAndReset: Suite = {
  name: "release-and-factory-reset",
  title: "Given away, a trap is the next one's who claims it; reset by its button, it is nobody's, on both sides",
  from: "online",
  withinMs: 420_000,
  async run(context, rig) {
    requireFixture(context, rig);
    await release(context, rig);
    const deviceId = await claimForStranger(context, rig);
    await reset(context, rig, deviceId);
  },
};

function release(context: StepContext, rig: Rig): Promise<void> {
  return context.step("its owner gives it away, and it forgets them", async (step) => {
    const { deviceId } = rig;
    const mark = rig.console.mark();
    await rig.owner.release(deviceId);
    const withinMs = choosePatienceMs(rig, 60_000, 15_000);
    await hurried(rig, () => rig.console.see(mark, "that it was given away", withinMs, isStatus("claim", "released")));
    await step.wait("no such trap in the account", async () => (await rig.owner.findDevice(deviceId)) === undefined, {
      withinMs: 5_000,
    });
    rig.noteDevice(undefined);
  });
}

interface Strangers {
  id: string;
  findDevice: Rig["owner"]["findDevice"];
}

async function claimForStranger(context: StepContext, rig: Rig): Promise<Strangers> {
  const stranger = await rig.meetStranger();
  const mark = await openWindow(context, rig);
  return context.step("somebody else claims it, and it is online as theirs", async (step) => {
    const { id } = await stranger.claimNearby(rig.identity.serialNumber, "Next owner's trap");
    rig.door.own(id);
    await hurried(rig, async () => {
      const withinMs = choosePatienceMs(rig, 90_000, 20_000);
      await rig.console.see(mark, "claim status=ready", withinMs, isStatus("claim", "ready"));
      await step.wait("it online as theirs", async () => (await stranger.findDevice(id))?.online, { withinMs });
    });
    if ((await stranger.listAlerts(id)).length > 0) throw new StepFailure("the next owner sees alerts of the first");
    if ((await stranger.listEvents(id)).some((event) => event.kind === "sprung")) {
      throw new StepFailure("the next owner sees events of the first");
    }
    return { id, findDevice: (wanted) => stranger.findDevice(wanted) };
  });
}

async function reset(context: StepContext, rig: Rig, { id, findDevice }: Strangers): Promise<void> {
  const fixture = requireFixture(context, rig);
  await context.step("hold the button for 10 s: it is as new", async () => {
    const mark = rig.console.mark();
    await hurried(rig, async () => {
      await fixture.pressButton(RESET_PRESS_MS);
      const withinMs = choosePatienceMs(rig, 60_000, 15_000);
      await rig.console.see(mark, "its boot", withinMs, ({ name }) => name === "boot");
    });
    const standing = await findStanding(rig.console, choosePatienceMs(rig, 5_000, 3_000));
    if (standing?.deviceId === undefined && standing?.link === "unset") return;
    throw new StepFailure(`after its reset it says ${JSON.stringify(standing)}`, { awaited: "nobody's, in no Wi-Fi" });
  });
  // It tells as soon as it can, and says so.
  const mark = rig.console.mark();
  const isGone = async () => (await findDevice(id)) === undefined;
  if (!(await isGone())) {
    await joinWifi(context, rig);
    const withinMs = choosePatienceMs(rig, 90_000, 20_000);
    await hurried(rig, () =>
      rig.console.see(mark, "that the cloud knows", withinMs, isStatus("claim", "release-told")),
    );
  }
  await context.step("it stands in no account any more", (step) =>
    step.wait("no such trap in the next owner's account", isGone, { withinMs: 10_000 }),
  );
}
