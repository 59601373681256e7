// Owns claiming a trap that is in the Wi-Fi and nobody's: by its button where the bench has hands, by a code where it has none.
import { displayClaimCode } from "#protocol";
import { StepFailure } from "../steps/failure.ts";
import type { StepContext } from "../steps/step.ts";
import { choosePatienceMs, hurried } from "./patience.ts";
import type { Rig } from "./rig.ts";

/** What the button must be held for a window to open: 3 s and a little, far from the 10 s of a reset. */
export const CLAIM_PRESS_MS = 4_000;
export const DEVICE_NAME = "Bench trap";

/** The window is open, and the cloud says so. @returns the place on the console before it. */
export async function openWindow(context: StepContext, rig: Rig): Promise<number> {
  const { fixture } = rig;
  if (fixture === undefined) return context.skip("this board has no fixture, and nobody here to press its button");
  return context.step("hold the button until it asks to be claimed", async () => {
    const mark = rig.console.mark();
    await hurried(rig, async () => {
      await fixture.pressButton(CLAIM_PRESS_MS);
      await seeAnswer(rig, mark, "open");
    });
    return mark;
  });
}

/** @throws StepFailure where the trap tells another status */
async function seeAnswer(rig: Rig, mark: number, wanted: string): Promise<void> {
  const ends = ["open", "ready", "owned", "code-refused", "claim-failed"];
  const withinMs = choosePatienceMs(rig, 60_000, 20_000);
  const said = await rig.console.see(
    mark,
    `claim status=${wanted}`,
    withinMs,
    ({ name, fields }) => name === "claim" && ends.includes(fields.status ?? ""),
  );
  if (said.fields.status === wanted) return;
  throw new StepFailure(`the trap says claim status=${said.fields.status}, awaited was ${wanted}`, {
    awaited: `claim status=${wanted}`,
    lastSeen: rig.console.lastLines(),
    code: `claim-${said.fields.status}`,
  });
}

/** It has its credentials; the rig knows whose it is. */
export async function seeClaimed(context: StepContext, rig: Rig, mark: number): Promise<void> {
  await context.step("it fetches its credentials", async (step) => {
    const withinMs = choosePatienceMs(rig, 60_000, 20_000);
    const isReady = (line: { name: string; fields: Record<string, string> }) =>
      line.name === "claim" && line.fields.status === "ready";
    await hurried(rig, () => rig.console.see(mark, "claim status=ready", withinMs, isReady));
    const { serialNumber } = rig.identity;
    const found = await step.wait(
      "the trap in the owner's account",
      async () => (await rig.owner.listDevices()).find((device) => device.serialNumber === serialNumber),
      { withinMs: 5_000 },
    );
    rig.noteDevice(found.id);
    return { deviceId: found.id };
  });
}

export async function claimByButton(context: StepContext, rig: Rig): Promise<void> {
  const mark = await openWindow(context, rig);
  const { serialNumber } = rig.identity;
  await context.step("its owner claims it", () =>
    rig.owner.claimNearby(serialNumber, DEVICE_NAME).then(({ id }) => ({ id })),
  );
  await seeClaimed(context, rig, mark);
}

export async function claimByCode(context: StepContext, rig: Rig): Promise<void> {
  const mark = rig.console.mark();
  await context.step("its owner makes a code, and it is told the code", async () => {
    const code = await rig.owner.createClaimCode(DEVICE_NAME);
    await rig.console.order("claim", { code: displayClaimCode(code) });
    const answers = ["ready", "code-claimed"];
    const withinMs = choosePatienceMs(rig, 60_000, 20_000);
    const said = await rig.console.see(mark, "an answer to the code", withinMs, ({ name, fields }) => {
      return name === "claim" && [...answers, "owned", "code-refused", "claim-failed"].includes(fields.status ?? "");
    });
    if (answers.includes(said.fields.status ?? "")) return;
    throw new StepFailure(`the trap says claim status=${said.fields.status}`, {
      code: `claim-${said.fields.status}`,
      lastSeen: rig.console.lastLines(),
    });
  });
  await seeClaimed(context, rig, mark);
}

/** A trap that an account of an earlier run has is freed by its own reset, once. */
export async function claimAnyhow(context: StepContext, rig: Rig, reset: () => Promise<void>): Promise<void> {
  const claim = () => (rig.fixture === undefined ? claimByCode(context, rig) : claimByButton(context, rig));
  try {
    await claim();
  } catch (error) {
    const isOwned = error instanceof StepFailure && error.facts.code === "claim-owned";
    if (!isOwned) throw error;
    await reset();
    await rejoin(context, rig);
    await claim();
  }
}

async function rejoin(context: StepContext, rig: Rig): Promise<void> {
  const { wifi } = rig.resource;
  await context.step("tell it the Wi-Fi again; it tells the cloud that it is nobody's", async () => {
    const mark = rig.console.mark();
    await rig.console.order("wifi", { ssid: wifi?.ssid ?? "", pass: wifi?.password ?? "" });
    const withinMs = choosePatienceMs(rig, 90_000, 20_000);
    const isTold = (line: { name: string; fields: Record<string, string> }) =>
      line.name === "claim" && line.fields.status === "release-told";
    await hurried(rig, () => rig.console.see(mark, "that the cloud has heard of the reset", withinMs, isTold));
  });
}
