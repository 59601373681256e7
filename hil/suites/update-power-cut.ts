// The promise: power lost in the middle of an update, while it is fetched and again as it is tried, leaves a trap on its old or its new
// firmware, truthfully told, and the update completes by itself or when it is offered again [CUT-1].
import { RESET_POWER_ON } from "#protocol";
import { StepFailure } from "../steps/failure.ts";
import type { StepContext } from "../steps/step.ts";
import { choosePatienceMs, hurried } from "../strategy/patience.ts";
import type { Rig } from "../strategy/rig.ts";
import { findOwnDevice } from "./own-device.ts";
import { cutPower, givePower, requirePower } from "./power-cut.ts";
import type { Suite } from "./suite.ts";
import { isTrial } from "./update.ts";
import { findUpdate, hearPhase, nextCounter, type Offered, offerUpdate, seeOnlineWith } from "./update-offers.ts";

export const updatePowerCut: Suite = {
  name: "update-power-cut",
  title:
    "Power cut while an update is fetched, and again as it is tried, leaves a trap that runs, tells the truth and completes it",
  from: "online",
  withinMs: 900_000,
  async run(context, rig) {
    requirePower(context, rig);
    const counter = await nextCounter(rig);
    const file = await context.step("make the next firmware", () => rig.firmware.update(counter));
    const hellos = listenToHellos(context, rig);
    await hurried(rig, async () => {
      const offered = await offerUpdate(context, rig, file);
      await cutWhileFetching(context, rig, offered);
      await seeToldTruly(context, rig, offered, hellos);
      await cutWhileTrying(context, rig, offered);
      await complete(context, rig, offered);
    });
  },
};

function cutWhileFetching(context: StepContext, rig: Rig, offered: Offered): Promise<void> {
  return context.step("cut it in the middle of the fetching", async (step) => {
    await hearPhase(rig, offered.mark, "fetching", choosePatienceMs(rig, 90_000, 20_000));
    await cutPower(step, rig);
    const { sha256 } = await givePower(step, rig);
    if (sha256 !== offered.sha256Before) throw new StepFailure(`it runs ${sha256} of an update it had not fetched`);
  });
}

/** Reasons that the trap's hellos have told, in their order; undefined where nobody can listen. */
function listenToHellos(context: StepContext, rig: Rig): number[] | undefined {
  const { taps } = rig;
  if (taps === undefined) return undefined;
  const reasons: number[] = [];
  const stop = taps.mqtt.onMessage((message) => {
    if (message.direction !== "up" || message.name !== "publish hello") return;
    const told = /"reason":(\d+)/.exec(message.body)?.[1];
    if (told !== undefined) reasons.push(Number(told));
  });
  context.defer("listen to its hellos no more", async () => stop());
  return reasons;
}

function seeToldTruly(context: StepContext, rig: Rig, offered: Offered, hellos: number[] | undefined): Promise<void> {
  return context.step("it says what it runs, and that it had no power", async (step) => {
    await seeOnlineWith(step, rig, offered.sha256Before);
    if (hellos === undefined) return;
    const withinMs = choosePatienceMs(rig, 30_000, 10_000);
    await step.wait("a hello that tells of the power", () => hellos.includes(RESET_POWER_ON) || undefined, {
      withinMs,
      lastSeen: () => [`reasons told: ${hellos.join(", ") || "none"}`],
    });
  });
}

/** The offer was made again at its hello: it is fetched anew. Cut as the loader tries it, before it could confirm anything. */
function cutWhileTrying(context: StepContext, rig: Rig, offered: Offered): Promise<void> {
  return context.step("cut it again as the new firmware is tried", async (step) => {
    await rig.console.see(offered.mark, "the loader trying it", choosePatienceMs(rig, 240_000, 40_000), isTrial);
    await cutPower(step, rig);
    const { sha256 } = await givePower(step, rig);
    if (sha256 !== offered.sha256Before && sha256 !== offered.file.firmwareSha256) {
      throw new StepFailure(`it runs ${sha256}, which is neither the old nor the new firmware`);
    }
  });
}

/** By itself, or when it is offered again. */
async function complete(context: StepContext, rig: Rig, offered: Offered): Promise<void> {
  await context.step("the update is completed", async (step) => {
    const { file } = offered;
    const withinMs = choosePatienceMs(rig, 240_000, 30_000);
    let isRepeated = false;
    await step.wait(
      "the new firmware online, and the update done",
      async () => {
        const device = await findOwnDevice(rig);
        const { status } = await findUpdate(rig, offered.update.id);
        if (device.online && device.firmwareSha256 === file.firmwareSha256) return true;
        if (!isRepeated && (status === "failed" || status === "refused")) {
          isRepeated = true;
          await rig.owner.offerUpdate(rig.deviceId, offered.firmware.id);
        }
        return undefined;
      },
      { withinMs, everyMs: 200 },
    );
    await hearPhase(rig, offered.mark, "confirmed", choosePatienceMs(rig, 30_000, 8_000));
    return { isRepeated };
  });
}
