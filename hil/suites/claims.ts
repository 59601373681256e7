// The promises of claiming: by the button alone, by a code that was made beforehand, and of two who want the same trap exactly one gets it.
import { displayClaimCode } from "#protocol";
import { ApiError } from "../drivers/cloud/api-client.ts";
import { StepFailure } from "../steps/failure.ts";
import type { StepContext } from "../steps/step.ts";
import { claimByButton, claimByCode, DEVICE_NAME, openWindow, seeClaimed } from "../strategy/claiming.ts";
import { choosePatienceMs, hurried } from "../strategy/patience.ts";
import type { Rig } from "../strategy/rig.ts";
import { seeOnline } from "../strategy/strategy.ts";
import { restartCloud } from "./cloud-away.ts";
import type { Suite } from "./suite.ts";

export const claimWithButton: Suite = {
  name: "claim-by-button",
  title: "Whoever holds the button can claim the trap; nobody can who does not",
  from: "joined",
  withinMs: 240_000,
  async run(context, rig) {
    if (rig.fixture === undefined)
      return context.skip("this board has no fixture, and nobody here to press its button");
    await context.step("without the button it cannot be claimed", () => refused(rig, rig.owner, "the owner"));
    const before = rig.clock.now();
    await claimByButton(context, rig);
    await seeOnline(context, rig);
    context.measure("from the button to online", Math.round(rig.clock.now() - before), "ms");
  },
};

const CODES_MAX = 4;
/** The cloud lets a trap try few codes in ten minutes, and forgets that when it starts. */
const codesTried = new WeakMap<Rig, number>();

export const claimWithCode: Suite = {
  name: "claim-by-code",
  title: "A code that was made beforehand claims the trap that is told it; another code does not",
  from: "joined",
  withinMs: 240_000,
  async run(context, rig) {
    const tried = (codesTried.get(rig) ?? 0) + 2;
    if (tried > CODES_MAX && rig.cloud.process !== undefined) await restartCloud(context, rig, "stop");
    codesTried.set(rig, tried > CODES_MAX ? 2 : tried);
    await context.step("tell it a code that nobody made", () => seeRefusedCode(rig));
    await claimByCode(context, rig);
    await seeOnline(context, rig);
  },
};

/** Well formed; there are a thousand million million others. */
const NOBODYS_CODE = "7ZZZZ7ZZZZ";

async function seeRefusedCode(rig: Rig): Promise<void> {
  const mark = rig.console.mark();
  await rig.console.order("claim", { code: displayClaimCode(NOBODYS_CODE) });
  const answers = ["code-refused", "code-claimed", "ready", "claim-retry"];
  const said = await hurried(rig, () =>
    rig.console.see(mark, "claim status=code-refused", choosePatienceMs(rig, 60_000, 20_000), ({ name, fields }) => {
      return name === "claim" && answers.includes(fields.status ?? "");
    }),
  );
  if (said.fields.status === "code-refused") return;
  throw new StepFailure(`the trap says claim status=${said.fields.status} to a code that nobody made`);
}

export const claimRace: Suite = {
  name: "claim-race",
  title: "Of two who claim the same trap at once exactly one gets it, and the other is told",
  from: "joined",
  withinMs: 240_000,
  async run(context, rig) {
    if (rig.fixture === undefined)
      return context.skip("this board has no fixture, and nobody here to press its button");
    const stranger = await rig.meetStranger();
    const mark = await openWindow(context, rig);
    const { serialNumber } = rig.identity;
    const ownerWon = await context.step("both claim it at once", async () => {
      const both = await Promise.allSettled([
        stranger.claimNearby(serialNumber, "Stranger's trap"),
        rig.owner.claimNearby(serialNumber, DEVICE_NAME),
      ]);
      const [strangers, owners] = both;
      const lost = both.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
      if (lost.length !== 1) throw new StepFailure(`${2 - lost.length} of two have claimed it`);
      const [reason] = lost;
      if (!(reason instanceof ApiError) || reason.status < 400 || reason.status >= 500) throw reason;
      return {
        ownerWon: owners.status === "fulfilled",
        strangerWon: strangers.status === "fulfilled",
        told: reason.message,
      };
    });
    await context.step("it stands in one account", async () => {
      const accounts = await Promise.all([rig.owner.listDevices(), stranger.listDevices()]);
      const count = accounts.flat().filter((device) => device.serialNumber === serialNumber).length;
      if (count !== 1) throw new StepFailure(`the trap stands in ${count} of two accounts`);
    });
    if (ownerWon.ownerWon) return seeClaimed(context, rig, mark);
    await giveBack(context, rig, mark, () =>
      stranger.listDevices().then(([device]) => stranger.release(device?.id ?? "")),
    );
  },
};

/** The stranger has won: they have it as any owner, and give it away again. */
function giveBack(context: StepContext, rig: Rig, mark: number, release: () => Promise<void>): Promise<void> {
  return context.step("the winner has it, and gives it away", () =>
    hurried(rig, async () => {
      const status = (wanted: string) => (line: { name: string; fields: Record<string, string> }) =>
        line.name === "claim" && line.fields.status === wanted;
      const withinMs = choosePatienceMs(rig, 60_000, 20_000);
      const ready = await rig.console.see(mark, "claim status=ready", withinMs, status("ready"));
      await release();
      await rig.console.see(ready.place, "claim status=released", withinMs, status("released"));
    }),
  );
}

async function refused(rig: Rig, person: Rig["owner"], who: string): Promise<void> {
  try {
    await person.claimNearby(rig.identity.serialNumber, DEVICE_NAME);
  } catch (error) {
    if (error instanceof ApiError && error.status >= 400 && error.status < 500) return;
    throw error;
  }
  throw new StepFailure(`${who} has claimed a trap whose button nobody has pressed`);
}
