// Owns the middle of the story, what all of it is for: the trap springs, a person hears of it, answers, sets it again.
import { fromCloud, fromTrap, HUMANE_LIMIT_MS, type Scene, type Step } from "./story-scene.ts";

const NOTICE_BOUND_MS = 1_000;

function sprung({ hands, now, see, thread, mark }: Scene): Step {
  return {
    name: "sprung",
    boundMs: NOTICE_BOUND_MS,
    async run() {
      hands.setPlunger();
      await see(0, "the trap to be armed", 15_000, fromTrap("trap", { state: "armed" }));
      thread.springFrom = mark();
      thread.snapAt = now();
      hands.spring();
      const seen = await see(
        thread.springFrom,
        "the trap to say it has sprung",
        5_000,
        fromTrap("trap", { state: "sprung" }),
      );
      return { ms: seen.at - thread.snapAt, facts: {}, words: "armed, then the plunger was released" };
    },
  };
}

function alert({ see, ofDevice, thread }: Scene): Step {
  return {
    name: "alert",
    boundMs: NOTICE_BOUND_MS,
    async run() {
      const seen = await see(
        thread.springFrom,
        "the alert on the live stream",
        HUMANE_LIMIT_MS,
        fromCloud("alert", (d) => ofDevice(d) && d.status === "new"),
      );
      thread.alertId = String(seen.data.id);
      thread.snapToNoticeMs = seen.at - thread.snapAt;
      return {
        ms: thread.snapToNoticeMs,
        facts: { alertId: thread.alertId, severity: String(seen.data.severity) },
        words: `${seen.data.severity}: ${seen.data.message}`,
      };
    },
  };
}

function acknowledged({ api, now, see, thread, mark }: Scene): Step {
  return {
    name: "acknowledged",
    boundMs: 3_000,
    async run() {
      const from = mark();
      const t0 = now();
      await api.post(`/api/v1/alerts/${thread.alertId}/acknowledge`);
      const seen = await see(
        from,
        "the acknowledgement on the live stream",
        3_000,
        fromCloud("alert", (d) => d.id === thread.alertId && d.status === "acknowledged"),
      );
      return { ms: seen.at - t0, facts: {}, words: "the person is on the way" };
    },
  };
}

const PRESS_MS = 300;
const PRESSES_MAX = 3;
const ANSWER_MS_MAX = 3_000;

/** Press until the trap says that it is silent, as a person would whose press a busy machine has swallowed. */
async function silence({ hands, see }: Scene, from: number): Promise<void> {
  for (let press = 1; ; press++) {
    hands.pressButton(PRESS_MS);
    try {
      await see(from, "the trap to fall silent", ANSWER_MS_MAX, fromTrap("event", { kind: "silenced" }));
      return;
    } catch (error) {
      if (press === PRESSES_MAX) throw error;
    }
  }
}

function rearmed(scene: Scene): Step {
  const { hands, now, see, ofDevice, mark } = scene;
  return {
    name: "rearmed",
    boundMs: 15_000,
    async run() {
      const from = mark();
      const t0 = now();
      hands.setPlunger();
      await silence(scene, from);
      const seen = await see(
        from,
        "the rearming on the live stream",
        15_000,
        fromCloud("event", (d) => ofDevice(d) && d.kind === "rearmed"),
      );
      return { ms: seen.at - t0, facts: {}, words: "plunger set, button pressed" };
    },
  };
}

function resolved({ api, now, see, thread, mark }: Scene): Step {
  return {
    name: "resolved",
    boundMs: 3_000,
    async run() {
      const from = mark();
      const t0 = now();
      await api.post(`/api/v1/alerts/${thread.alertId}/resolve`);
      const seen = await see(
        from,
        "the resolution on the live stream",
        3_000,
        fromCloud("alert", (d) => d.id === thread.alertId && d.status === "resolved"),
      );
      return { ms: seen.at - t0, facts: {}, words: "the alert is closed" };
    },
  };
}

/** In order; each may rely on those before it. */
export function alertSteps(scene: Scene): Step[] {
  return [sprung(scene), alert(scene), acknowledged(scene), rearmed(scene), resolved(scene)];
}
