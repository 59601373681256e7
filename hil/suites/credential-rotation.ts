// The promises about credentials: those a trap has are void at its owner's wish and it fetches others by itself, also where it was away as that
// happened, or lost its power as it was writing them down [CLAIM-8]; and those it has outlive every start.
import { StepFailure } from "../steps/failure.ts";
import type { StepContext } from "../steps/step.ts";
import { choosePatienceMs, hurried } from "../strategy/patience.ts";
import type { Rig } from "../strategy/rig.ts";
import { findOwnDevice } from "./own-device.ts";
import { canCutPower, cutPower, givePower, requirePower } from "./power-cut.ts";
import type { Suite } from "./suite.ts";

const CREDENTIALS = "POST /device/v1/credentials";

export const credentialRotation: Suite = {
  name: "credential-rotation",
  title:
    "New credentials at the owner's wish: the old connection ends at once, and the trap fetches the new ones by itself",
  from: "online",
  withinMs: 240_000,
  async run(context, rig) {
    await hurried(rig, async () => {
      for (const round of ["once", "once more"]) {
        await context.step(`rotate ${round}`, async (step) => {
          const mark = rig.console.mark();
          await rotate(step, rig);
          await seeGiven(step, rig, mark);
          await seeAlive(step, rig);
        });
      }
    });
  },
};

export const strandingRotatedFirst: Suite = {
  name: "stranding-rotated-first",
  title: "Credentials that were changed in the broker before the trap has them do not strand it",
  from: "online",
  withinMs: 300_000,
  async run(context, rig) {
    requirePower(context, rig);
    await hurried(rig, async () => {
      await cutPower(context, rig);
      await rotate(context, rig);
      await rotate(context, rig);
      const { place } = await givePower(context, rig);
      await seeGiven(context, rig, place);
      await seeAlive(context, rig);
    });
  },
};

export const strandingCutWhileWritten: Suite = {
  name: "stranding-cut-while-written",
  title: "Power lost while credentials are written does not strand the trap",
  from: "online",
  withinMs: 300_000,
  async run(context, rig) {
    requirePower(context, rig);
    const { taps } = rig;
    if (taps === undefined) return context.skip("nothing of this bench stands between its boards and this cloud");
    await hurried(rig, async () => {
      const hold = taps.http.holdNext((message) => message.direction === "down" && message.name === CREDENTIALS);
      context.defer("let the answer pass", async () => hold.pass());
      await rotate(context, rig);
      await context.step("give it the new credentials, and cut the power as it takes them", async (step) => {
        const withinMs = choosePatienceMs(rig, 90_000, 20_000);
        await step.wait("the answer with the credentials", () => hold.message() !== undefined, { withinMs });
        hold.pass();
        await cutPower(step, rig);
      });
      await givePower(context, rig);
      await seeAlive(context, rig);
    });
  },
};

export const ownerKept: Suite = {
  name: "owner-kept",
  title: "After a reboot and after a power cut the trap is back with its owner, with the credentials it has",
  from: "online",
  withinMs: 240_000,
  async run(context, rig) {
    await hurried(rig, async () => {
      await context.step("reboot it", async (step) => {
        const mark = rig.console.mark();
        await rig.console.order("reboot");
        await rig.console.see(mark, "the boot", choosePatienceMs(rig, 60_000, 15_000), ({ name }) => name === "boot");
        await seeBack(step, rig, mark);
      });
      if (!canCutPower(rig)) return;
      requirePower(context, rig);
      await context.step("cut its power", async (step) => {
        await cutPower(step, rig);
        const { place } = await givePower(step, rig);
        await seeBack(step, rig, place);
      });
    });
  },
};

/** The cloud's word for it is that the trap is offline until it has come back. */
function rotate(context: StepContext, rig: Rig): Promise<void> {
  return context.step("wish it new credentials", () => rig.owner.rotateCredentials(rig.deviceId));
}

/** The trap asks, proves itself, and is given them. */
function seeGiven(context: StepContext, rig: Rig, from: number): Promise<void> {
  return context.step("the trap fetches them by itself", async () => {
    const isReady = (line: { name: string; fields: Record<string, string> }) =>
      line.name === "claim" && line.fields.status === "ready";
    await rig.console.see(from, "claim status=ready", choosePatienceMs(rig, 120_000, 20_000), isReady);
  });
}

/** Online as the cloud sees it, and it does what its owner orders. */
export function seeAlive(context: StepContext, rig: Rig): Promise<void> {
  return context.step("it is its owner's, and answers", async (step) => {
    const withinMs = choosePatienceMs(rig, 120_000, 20_000);
    await step.wait("the trap online", async () => (await findOwnDevice(rig)).online || undefined, { withinMs });
    const { id } = await rig.owner.command(rig.deviceId, "identify");
    const answered = async () => {
      const found = (await rig.owner.listCommands(rig.deviceId)).find((command) => command.id === id);
      return found !== undefined && found.answeredAt !== null ? found : undefined;
    };
    const { code } = await step.wait("its answer to an order", answered, {
      withinMs: choosePatienceMs(rig, 30_000, 10_000),
    });
    if (code !== 0) throw new StepFailure(`it answers the order with code ${code}`);
  });
}

/** In a session of this boot, without having asked for credentials. */
async function seeBack(context: StepContext, rig: Rig, from: number): Promise<void> {
  const isOnline = (line: { name: string; fields: Record<string, string> }) =>
    line.name === "session" && line.fields.state === "online";
  await rig.console.see(from, "session state=online", choosePatienceMs(rig, 90_000, 15_000), isOnline);
  await seeAlive(context, rig);
}
