// The promises about what has stranded claimed traps before: each case is made as truly as a bench can make it, and the trap finds its way back
// by itself. Broker and database of this product are one program and one store, so what went apart between two programs elsewhere is made
// here by killing the one program at the moment between. The two cases about credentials on their way stand in credential-rotation.ts.
import { StepFailure } from "../steps/failure.ts";
import type { StepContext } from "../steps/step.ts";
import { claimByButton, DEVICE_NAME, openWindow, seeClaimed } from "../strategy/claiming.ts";
import { choosePatienceMs, hurried } from "../strategy/patience.ts";
import type { Rig } from "../strategy/rig.ts";
import { isStatus, seeOnline } from "../strategy/strategy.ts";
import { requireFixture } from "./alert.ts";
import { requireOwnCloud, requireTaps, restartCloud } from "./cloud-away.ts";
import { seeAlive } from "./credential-rotation.ts";
import type { Suite } from "./suite.ts";

const CREDENTIALS = "POST /device/v1/credentials";
const CLAIMING = "POST /device/v1/claiming";

/** Made as: the owner's claim is committed and answered, and the cloud dies before the trap has asked for its credentials. */
export const strandingDisagree: Suite = {
  name: "stranding-disagree",
  title: "A claim that the database has and the broker has not heard of does not strand the trap",
  from: "joined",
  withinMs: 300_000,
  async run(context, rig) {
    requireOwnCloud(context, rig);
    requireFixture(context, rig);
    const taps = requireTaps(context, rig);
    const mark = await openWindow(context, rig);
    const hold = taps.http.holdNext(({ direction, name }) => direction === "up" && name === CREDENTIALS);
    await context.step("its owner claims it while its own question is on the way", async (step) => {
      const withinMs = choosePatienceMs(rig, 30_000, 10_000);
      await hurried(rig, () => step.wait("the trap's question", () => hold.message() !== undefined, { withinMs }));
      await rig.owner.claimNearby(rig.identity.serialNumber, DEVICE_NAME);
    });
    await restartCloud(context, rig, "kill");
    hold.cut();
    await seeClaimed(context, rig, mark);
    await hurried(rig, () => seeAlive(context, rig));
  },
};

/** Made as: the cloud is killed while the trap's claiming is half done, the answer given and never heard. */
export const strandingClaimRestart: Suite = {
  name: "stranding-claim-restart",
  title: "A cloud that is restarted in the middle of a claim neither strands the trap nor loses the claim",
  from: "joined",
  withinMs: 300_000,
  async run(context, rig) {
    requireOwnCloud(context, rig);
    const fixture = requireFixture(context, rig);
    const taps = requireTaps(context, rig);
    const mark = rig.console.mark();
    const opening = taps.http.holdNext(({ direction, name }) => direction === "down" && name === CLAIMING);
    await context.step("hold the button; the cloud's answer is held as well", (step) =>
      hurried(rig, async () => {
        await fixture.pressButton(4_000);
        const withinMs = choosePatienceMs(rig, 60_000, 15_000);
        await step.wait("the answer to the claiming trap", () => opening.message() !== undefined, { withinMs });
      }),
    );
    await restartCloud(context, rig, "kill");
    opening.cut();
    await context.step("it asks again by itself, and its owner claims it", () =>
      hurried(rig, async () => {
        const withinMs = choosePatienceMs(rig, 120_000, 30_000);
        await rig.console.see(mark, "claim status=open", withinMs, isStatus("claim", "open"));
        await rig.owner.claimNearby(rig.identity.serialNumber, DEVICE_NAME);
      }),
    );
    await seeClaimed(context, rig, mark);
    await hurried(rig, () => seeAlive(context, rig));
  },
};

/** Made as: the broker is killed, and with it all it holds in memory; what it knows credentials by lies in the database, in hashes. */
export const strandingLostStore: Suite = {
  name: "stranding-lost-store",
  title: "A broker that has forgotten every connection and every credential it knew takes the trap back",
  from: "online",
  withinMs: 300_000,
  async run(context, rig) {
    requireOwnCloud(context, rig);
    const mark = rig.console.mark();
    await restartCloud(context, rig, "kill");
    await context.step("the trap connects again by itself, with what it has", () =>
      hurried(rig, async () => {
        const withinMs = choosePatienceMs(rig, 120_000, 30_000);
        const isOnline = ({ name, fields }: { name: string; fields: Record<string, string> }) =>
          name === "session" && fields.state === "online";
        await rig.console.see(mark, "session state=online", withinMs, isOnline);
      }),
    );
    await hurried(rig, () => seeAlive(context, rig));
  },
};

/** Made as: the trap has no network while its owner gives it away. */
export const strandingOfflineRelease: Suite = {
  name: "stranding-offline-release",
  title: "A trap that was offline when it was given away learns it when it is back, and can be claimed",
  from: "online",
  withinMs: 300_000,
  async run(context, rig) {
    const { accessPoint } = rig;
    const fixture = rig.fixture;
    if (accessPoint === undefined && rig.taps === undefined)
      return context.skip("nobody here can keep this board offline");
    if (fixture === undefined) return context.skip("this board has no fixture, and nobody here to press its button");
    const { deviceId } = rig;
    const mark = rig.console.mark();
    const isBack = keepOffline(context, rig);
    await context.step("its owner gives it away while it is offline", async (step) => {
      await isBack.away(step);
      await rig.owner.release(deviceId);
      rig.noteDevice(undefined);
    });
    await context.step("back, it hears that it is nobody's", () =>
      hurried(rig, async () => {
        await isBack.back();
        const withinMs = choosePatienceMs(rig, 240_000, 30_000);
        await rig.console.see(mark, "claim status=released", withinMs, isStatus("claim", "released"));
      }),
    );
    await claimByButton(context, rig);
    await seeOnline(context, rig);
    if (rig.deviceId === deviceId) throw new StepFailure("it has its former past");
  },
};

/** By its Wi-Fi, or by its way to the cloud where the Wi-Fi cannot be taken away. */
function keepOffline(context: StepContext, rig: Rig) {
  const { accessPoint } = rig;
  const set = async (isOn: boolean): Promise<void> => {
    if (accessPoint !== undefined) return accessPoint.set(isOn);
    for (const tap of [rig.taps?.http, rig.taps?.mqtt]) {
      if (isOn) tap?.accept();
      else tap?.refuse();
      if (!isOn) tap?.cut();
    }
  };
  context.defer("give it its network back", () => set(true));
  return {
    async away(step: StepContext): Promise<void> {
      const mark = rig.console.mark();
      await set(false);
      const isLost = ({ name, fields }: { name: string; fields: Record<string, string> }) =>
        name === "session" && fields.state !== "online";
      await step.step("it has noticed", () =>
        hurried(rig, () => rig.console.see(mark, "that it is offline", choosePatienceMs(rig, 120_000, 20_000), isLost)),
      );
    },
    back: () => set(true),
  };
}

/** Made as: the trap has carried the command out, and the cloud is killed before it hears so. */
export const strandingCommandAnswer: Suite = {
  name: "stranding-command-answer",
  title: "A command whose answer was lost with the broker is answered afterwards, and not carried out again",
  from: "online",
  withinMs: 300_000,
  async run(context, rig) {
    requireOwnCloud(context, rig);
    const taps = requireTaps(context, rig);
    const mark = rig.console.mark();
    const hold = taps.mqtt.holdNext(({ direction, name }) => direction === "up" && name === "publish result");
    const { id } = await context.step("order it to show itself; its answer is held", async (step) => {
      const ordered = await rig.owner.command(rig.deviceId, "identify");
      await step.wait("the trap's answer", () => hold.message() !== undefined, {
        withinMs: choosePatienceMs(rig, 30_000, 10_000),
      });
      return { id: ordered.id };
    });
    await restartCloud(context, rig, "kill");
    hold.cut();
    await context.step("the cloud hears the answer after all", (step) =>
      hurried(rig, () =>
        step.wait(
          "the command answered",
          async () => (await rig.owner.listCommands(rig.deviceId)).find((one) => one.id === id)?.code === 0,
          { withinMs: choosePatienceMs(rig, 120_000, 30_000), lastSeen: () => rig.console.lastLines().slice(-4) },
        ),
      ),
    );
    await context.step("it was carried out once", async () => {
      const isIt = ({ name, fields }: { name: string; fields: Record<string, string> }) =>
        name === "command" && fields.id === String(id);
      const first = await rig.console.see(mark, "the command", 1_000, isIt);
      const again = await rig.console.see(first.place + 1, "the command again", 200, isIt).catch(() => undefined);
      if (again !== undefined) throw new StepFailure("the trap has carried it out twice");
    });
    await hurried(rig, () => seeAlive(context, rig));
  },
};
