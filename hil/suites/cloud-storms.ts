// The promises about a cloud that goes away while a trap is springing: whatever it acknowledged it has, whatever it did not it gets again, and
// nobody is alerted twice. Once the broker alone is away, as the trap sees it, and once everything is killed.
import { pause } from "../clock.ts";
import { StepFailure } from "../steps/failure.ts";
import type { StepContext } from "../steps/step.ts";
import { choosePatienceMs, hurried } from "../strategy/patience.ts";
import type { Rig } from "../strategy/rig.ts";
import { findStanding } from "../strategy/standing.ts";
import { isState } from "../strategy/strategy.ts";
import { arm, PRESS_MS, putBack, requireFixture } from "./alert.ts";
import { requireOwnCloud, requireTaps, restartCloud } from "./cloud-away.ts";
import type { Suite } from "./suite.ts";
import { listTold, seeKept } from "./told-events.ts";

export const brokerRestart: Suite = {
  name: "broker-restart",
  title: "With the broker away in a storm of events nothing is lost, and nobody is alerted twice",
  from: "online",
  withinMs: 420_000,
  async run(context, rig) {
    const taps = requireTaps(context, rig);
    await storm(context, rig, async (step) => {
      await step.step("take the broker away for a while", async () => {
        taps.mqtt.refuse();
        taps.mqtt.cut();
        await pause(rig.clock, choosePatienceMs(rig, 10_000, 700), context.signal);
        taps.mqtt.accept();
      });
    });
  },
};

export const cloudRestart: Suite = {
  name: "cloud-restart",
  title: "With the cloud killed in a storm of events nothing that it acknowledged is lost, and nobody is alerted twice",
  from: "online",
  withinMs: 420_000,
  async run(context, rig) {
    requireOwnCloud(context, rig);
    await storm(context, rig, (step) => restartCloud(step, rig, "kill"));
  },
};

const CYCLES_MIN = 3;
const CYCLES_MAX = 25;

async function storm(context: StepContext, rig: Rig, during: (step: StepContext) => Promise<void>): Promise<void> {
  requireFixture(context, rig);
  await arm(context, rig);
  const standing = await findStanding(rig.console, choosePatienceMs(rig, 5_000, 3_000));
  if (standing === undefined) throw new StepFailure("the trap does not answer its console");
  const mark = rig.console.mark();
  const acknowledged = hearAcknowledgements(context, rig);
  await context.step("spring and set it again and again, and take the cloud away meanwhile", (step) =>
    hurried(rig, async () => {
      let isOver = false;
      const spring = springUntil(rig, () => isOver || step.signal.aborted);
      const over = during(step).finally(() => {
        isOver = true;
      });
      const [first, second] = await Promise.allSettled([spring, over]);
      if (second.status === "rejected") throw second.reason;
      if (first.status === "rejected") throw first.reason;
      return { springs: first.value };
    }),
  );
  const told = await listTold(rig, mark);
  const kept = await seeKept(context, rig, standing.boot, told);
  await context.step("what was acknowledged was kept, and there is one alert", async () => {
    const lost = acknowledged.filter((seq) => !kept.some((event) => event.sequence === seq) && isOf(told, seq));
    if (lost.length > 0) throw new StepFailure(`acknowledged and lost: ${lost.join(", ")}`);
    const open = (await rig.owner.listAlerts(rig.deviceId)).filter((alert) => alert.status !== "resolved");
    if (open.length !== 1) throw new StepFailure(`${open.length} alerts are open: ${JSON.stringify(open)}`);
    return { events: told.length, acknowledged: acknowledged.length };
  });
  await putBack(context, rig);
}

function isOf(told: { seq: number }[], seq: number): boolean {
  return told.some((event) => event.seq === seq);
}

/** The sequences that the cloud has acknowledged to this trap, as they pass. */
function hearAcknowledgements(context: StepContext, rig: Rig): number[] {
  const seqs: number[] = [];
  const stop = rig.taps?.mqtt.onMessage(({ direction, name, body }) => {
    const seq = direction === "down" && name === "publish ack" ? /"seq":(\d+)/.exec(body)?.[1] : undefined;
    if (seq !== undefined) seqs.push(Number(seq));
  });
  context.defer("listen to acknowledgements no more", async () => stop?.());
  return seqs;
}

/** @returns how often it has sprung */
async function springUntil(rig: Rig, isOver: () => boolean): Promise<number> {
  const { fixture } = rig;
  const withinMs = choosePatienceMs(rig, 30_000, 10_000);
  let cycles = 0;
  while (cycles < CYCLES_MAX && (!isOver() || cycles < CYCLES_MIN)) {
    const mark = rig.console.mark();
    await fixture?.setPlunger(false);
    await rig.console.see(mark, "that it has sprung", withinMs, isState("trap", "sprung"));
    await fixture?.setPlunger(true);
    await fixture?.pressButton(PRESS_MS);
    await rig.console.see(mark, "that it is armed", withinMs, isState("trap", "armed"));
    cycles += 1;
  }
  return cycles;
}
