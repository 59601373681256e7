// The promise: a good update is fetched, tried and confirmed by the trap itself, and only its new boot makes the cloud call it done [UPDATE-1].
import { StepFailure } from "../steps/failure.ts";
import type { StepContext } from "../steps/step.ts";
import { choosePatienceMs, hurried } from "../strategy/patience.ts";
import type { Rig } from "../strategy/rig.ts";
import type { Suite } from "./suite.ts";
import {
  hearPhase,
  nextCounter,
  type Offered,
  offerUpdate,
  seeOnlineWith,
  seeUpdate,
  seeVerified,
} from "./update-offers.ts";

export const update: Suite = {
  name: "update",
  title: "A signed update is fetched, tried and confirmed by the trap, and counts as done only then",
  from: "online",
  withinMs: 600_000,
  async run(context, rig) {
    const file = await context.step("make the next firmware", async () => {
      const made = await rig.firmware.update(await nextCounter(rig));
      const { version, counter, firmwareSha256 } = made;
      return { ...made, version, counter, firmwareSha256 };
    });
    await hurried(rig, async () => {
      const offered = await offerUpdate(context, rig, file);
      await seeVerified(context, rig, offered);
      const boot = await seeTrial(context, rig, offered);
      await seeConfirmed(context, rig, offered, boot);
      await seeKept(context, rig, offered);
    });
  },
};

/** @returns the place of its boot on the console */
export function seeTrial(context: StepContext, rig: Rig, { file, mark }: Offered): Promise<number> {
  return context.step("it starts the new firmware on trial", async () => {
    const withinMs = choosePatienceMs(rig, 120_000, 20_000);
    await rig.console.see(mark, "the loader trying it", withinMs, isTrial);
    const isNew = (line: { name: string; fields: Record<string, string> }) =>
      line.name === "boot" && line.fields.sha256 === file.firmwareSha256;
    const boot = await rig.console.see(mark, `the boot of ${file.version}`, withinMs, isNew);
    return boot.place;
  });
}

export function isTrial({ name, fields }: { name: string; fields: Record<string, string> }): boolean {
  return name === "loader" && fields.trial === "true";
}

/** The trap confirms it by itself in the first session, and the cloud says that it is done. */
export function seeConfirmed(context: StepContext, rig: Rig, offered: Offered, from: number): Promise<void> {
  return context.step("the trial is confirmed", async () => {
    await seeUpdate(context, rig, offered, { status: "booted" }, choosePatienceMs(rig, 90_000, 15_000));
    await hearPhase(rig, from, "confirmed", choosePatienceMs(rig, 30_000, 8_000));
  });
}

/** A confirmed firmware is no trial at the next boot. */
function seeKept(context: StepContext, rig: Rig, { file }: Offered): Promise<void> {
  return context.step("it stays: the next boot is no trial", async () => {
    const withinMs = choosePatienceMs(rig, 60_000, 15_000);
    const mark = rig.console.mark();
    await rig.console.order("reboot");
    const loader = await rig.console.see(mark, "the loader", withinMs, ({ name }) => name === "loader");
    if (loader.fields.trial !== "false") throw new StepFailure("the loader still has it on trial");
    await seeOnlineWith(context, rig, file.firmwareSha256);
  });
}
