// The promise: a firmware that throws at every start is given up after three boots, by the trap itself, and the cloud hears why [UPDATE-4]
// [UPDATE-5]. It is signed by the right key: nothing but its running shows what it is.

import { CODE_UPDATE_ROLLED_BACK } from "#protocol";
import type { FirmwareFiles, SignedFile } from "../drivers/firmware-files.ts";
import { StepFailure } from "../steps/failure.ts";
import { choosePatienceMs, hurried } from "../strategy/patience.ts";
import type { Suite } from "./suite.ts";
import { isTrial } from "./update.ts";
import { nextCounter, offerUpdate, seeOnlineWith, seeUpdate, seeVerified } from "./update-offers.ts";

const TRIAL_BOOTS = 3;
const PROGRAM = 'throw new Error("this firmware cannot start");\n';

export function makeCrashing(firmware: FirmwareFiles, counter: number): Promise<SignedFile> {
  return firmware.program({ name: "crashing", program: PROGRAM, version: `0.1.${counter}-crashing`, counter });
}

export const updateCrashRollback: Suite = {
  name: "update-crash-rollback",
  title: "A firmware that crashes at its start is taken back by the trap after three boots, and the cloud hears why",
  from: "online",
  withinMs: 600_000,
  async run(context, rig) {
    const counter = await nextCounter(rig);
    const file = await context.step("make and sign a firmware that throws", () => makeCrashing(rig.firmware, counter));
    await hurried(rig, async () => {
      const offered = await offerUpdate(context, rig, file);
      await seeVerified(context, rig, offered);
      await context.step("it is tried in three boots", async (step) => {
        const withinMs = choosePatienceMs(rig, 120_000, 15_000);
        let from = offered.mark;
        for (let boot = 1; boot <= TRIAL_BOOTS; boot++) {
          from = (await rig.console.see(from, `trial ${boot}`, withinMs, isTrial)).place + 1;
        }
        const after = await rig.console.see(from, "the loader again", withinMs, ({ name }) => name === "loader");
        if (isTrial(after)) throw new StepFailure("the loader tries it a fourth time");
        step.measure("trial boots", TRIAL_BOOTS, "boots");
      });
      await context.step("the trap is back on what it ran", () => seeOnlineWith(context, rig, offered.sha256Before));
      await context.step("the cloud hears why", () => {
        const end = { status: "failed", code: CODE_UPDATE_ROLLED_BACK };
        return seeUpdate(context, rig, offered, end, choosePatienceMs(rig, 60_000, 15_000));
      });
    });
  },
};
