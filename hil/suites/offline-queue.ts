// The promise: an hour without a network costs no event. What sprang meanwhile arrives afterwards, each once, in its order, and says honestly how
// long ago it was. A board whose clock can be hurried lives the whole hour; one of silicon takes a shorter outage, and the result says so.
import { pause } from "../clock.ts";
import type { EventDto } from "../drivers/cloud/person.ts";
import { StepFailure } from "../steps/failure.ts";
import type { StepContext } from "../steps/step.ts";
import { choosePatienceMs, hurried } from "../strategy/patience.ts";
import type { Rig } from "../strategy/rig.ts";
import { findStanding } from "../strategy/standing.ts";
import { isState } from "../strategy/strategy.ts";
import { arm, PRESS_MS, putBack, requireFixture } from "./alert.ts";
import type { Suite } from "./suite.ts";
import { listTold, seeKept, type ToldEvent } from "./told-events.ts";

const HOUR_MS = 3_600_000;
const REAL_OUTAGE_MS = 90_000;
/** So that an hour takes some seconds. */
const SPEED = 600;
const SPRINGS = 3;
const REST_MS_MIN = 100;
/** What the way to the cloud and the clocks of two machines may add. */
const AGE_SLACK_MS = 15_000;

export const offlineQueue: Suite = {
  name: "offline-queue",
  title:
    "What a trap lives through in an hour without network arrives afterwards: each event once, in order, with its age",
  from: "online",
  withinMs: 600_000,
  async run(context, rig) {
    const { accessPoint } = rig;
    if (accessPoint === undefined) return context.skip("nobody here can take this board's Wi-Fi away");
    requireFixture(context, rig);
    await arm(context, rig);
    const standing = await findStanding(rig.console, choosePatienceMs(rig, 5_000, 3_000));
    if (standing === undefined) throw new StepFailure("the trap does not answer its console");
    const mark = rig.console.mark();
    const begun = await readTrapMs(rig);
    context.defer("give the Wi-Fi back", () => accessPoint.set(true));
    await context.step("take the Wi-Fi away", () => accessPoint.set(false));
    await liveThrough(context, rig, begun);
    const ended = await readTrapMs(rig);
    const told = await listTold(rig, mark);
    const back = await comeBack(context, rig, () => accessPoint.set(true));
    const kept = await seeKept(context, rig, standing.boot, told);
    context.measure("length of the outage, on the trap's clock", Math.round((ended - begun) / 1000), "s");
    await context.step("they came in order, and say honestly how long ago they were", async () => {
      seeOrder(kept);
      const shortest = rig.hurry === undefined ? REAL_OUTAGE_MS : HOUR_MS;
      if (ended - begun < shortest) throw new StepFailure(`the outage took ${ended - begun} ms of the trap's time`);
      return {
        outageMs: ended - begun,
        clock: rig.hurry === undefined ? "as it goes" : "hurried",
        ages: seeAges(kept, told, back),
      };
    });
    await putBack(context, rig);
  },
};

/** Milliseconds since its boot, as its next line tells. */
async function readTrapMs(rig: Rig): Promise<number> {
  const mark = rig.console.mark();
  await rig.console.order("info");
  const line = await rig.console.see(
    mark,
    "its answer",
    choosePatienceMs(rig, 5_000, 5_000),
    ({ name }) => name === "health",
  );
  return line.ms;
}

/** Springs with pauses between them that fill the outage. */
async function liveThrough(context: StepContext, rig: Rig, begun: number): Promise<void> {
  const isHurried = rig.hurry !== undefined;
  const shareMs = (isHurried ? HOUR_MS * 1.01 : REAL_OUTAGE_MS) / SPRINGS;
  const inputs = { isHurried, trapMs: isHurried ? HOUR_MS : REAL_OUTAGE_MS, springs: SPRINGS };
  await context.step(
    isHurried ? "live through an hour, hurried" : "live through a shorter outage",
    async (step) => {
      for (let spring = 1; spring <= SPRINGS; spring++) {
        await springAndSet(rig);
        await restUntil(rig, begun + spring * shareMs, step.signal);
      }
    },
    { inputs },
  );
}

/** By the trap's own clock, which on a busy machine is not as fast as it was asked to be. */
async function restUntil(rig: Rig, trapMs: number, signal: AbortSignal): Promise<void> {
  const speed = rig.hurry === undefined ? 1 : SPEED;
  const rest = (leftMs: number) => () => pause(rig.clock, Math.max(leftMs / speed, REST_MS_MIN), signal);
  for (let leftMs = trapMs - (await readTrapMs(rig)); leftMs > 0; leftMs = trapMs - (await readTrapMs(rig)))
    await (rig.hurry === undefined ? rest(leftMs)() : rig.hurry(speed, rest(leftMs)));
}

async function springAndSet(rig: Rig): Promise<void> {
  const withinMs = choosePatienceMs(rig, 30_000, 10_000);
  await hurried(rig, async () => {
    const mark = rig.console.mark();
    await rig.fixture?.setPlunger(false);
    await rig.console.see(mark, "that it has sprung", withinMs, isState("trap", "sprung"));
    await rig.fixture?.setPlunger(true);
    await rig.fixture?.pressButton(PRESS_MS);
    await rig.console.see(mark, "that it is armed", withinMs, isState("trap", "armed"));
  });
}

/** @returns when it was online again, on its own clock and at the latest */
function comeBack(context: StepContext, rig: Rig, giveBack: () => Promise<void>): Promise<{ ms: number }> {
  return context.step("give the Wi-Fi back", async () => {
    const mark = rig.console.mark();
    await giveBack();
    const withinMs = choosePatienceMs(rig, 240_000, 20_000);
    const online = await hurried(rig, () =>
      rig.console.see(mark, "that it is online", withinMs, isState("session", "online")),
    );
    return { ms: online.ms };
  });
}

function seeOrder(kept: EventDto[]): void {
  const late = kept.find((event, at) => at > 0 && event.receivedAt < (kept[at - 1]?.receivedAt ?? ""));
  if (late !== undefined) throw new StepFailure(`event ${late.sequence} came before one that happened earlier`);
}

/** An event is as old as the trap's clock says: from its own line on the console to when it was sent, which was soon after it came back. */
function seeAges(kept: EventDto[], told: ToldEvent[], back: { ms: number }): string[] {
  return kept.map(({ sequence, ageMs, exact }) => {
    const ms = told.find((event) => event.seq === sequence)?.ms ?? 0;
    const expected = back.ms - ms;
    const isHonest = exact && ageMs >= expected - AGE_SLACK_MS && ageMs <= expected + AGE_SLACK_MS;
    if (isHonest) return `${sequence}: ${Math.round(ageMs / 1000)} s`;
    throw new StepFailure(
      `event ${sequence} says it is ${ageMs} ms old${exact ? "" : " at least"}, by the console it is ${expected} ms`,
    );
  });
}
