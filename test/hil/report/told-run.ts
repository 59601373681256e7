// A run as its events would tell it, with every outcome in it: what the reports are tried on. Values depend on nothing but the arguments.
import { createRunModel, type RunModel } from "../../../hil/report/run-model.ts";
import type { HilEvent, HilEventBody, LogSource, Outcome } from "../../../hil/steps/events.ts";

export interface ToldRunOptions {
  boards?: number;
  attempts?: number;
  /** Per suite. */
  logLines?: number;
  /** Put into every text that a board, a cloud or a person can choose. */
  spice?: string;
  /** The machine died before the run told its end. */
  isCut?: boolean;
}

interface Plan {
  name: string;
  title: string;
  ms: number;
  outcome: Outcome;
}

const PLANS: Plan[] = [
  {
    name: "flash-and-boot",
    title: "A blank board is flashed, verified and boots the trap",
    ms: 9_400,
    outcome: "passed",
  },
  { name: "provision-wifi", title: "A trap joins the Wi-Fi it is given", ms: 3_100, outcome: "passed" },
  { name: "claim-by-button", title: "A press on the button makes the trap somebody's", ms: 4_800, outcome: "passed" },
  {
    name: "alert",
    title: "A spring is told within its limits, and the humane half minute is kept",
    ms: 2_300,
    outcome: "marginal",
  },
  { name: "bad-signature", title: "An update with a bad signature is refused", ms: 6_200, outcome: "failed" },
  { name: "power-cut", title: "A power cut in an update leaves a trap that runs", ms: 700, outcome: "skipped" },
  { name: "broker-restart", title: "A restarted broker loses no event", ms: 5_100, outcome: "broken" },
];
const SOURCES: LogSource[] = ["console", "mqtt", "http", "console", "pins", "console", "power"];

interface Teller {
  events: HilEvent[];
  spice: string;
  logLines: number;
  step: number;
}

export function tellRun(options: ToldRunOptions = {}): HilEvent[] {
  const { boards = 2, attempts = 1, spice = "", logLines = 12 } = options;
  const teller: Teller = { events: [], spice, logLines, step: 0 };
  const names = Array.from(
    { length: boards },
    (_, at) => `${["loft", "cellar", "barn", "shed"][at % 4]}-${at + 1}${spice}`,
  );
  say(teller, 0, {
    type: "run-started",
    runId: `2026-11-21-0800${spice}`,
    startedAt: "2026-11-21T08:00:00.000Z",
    bench: `virtual${spice}`,
    boards: names.map((name, at) => ({
      name,
      mac: `24:0a:c4:00:00:0${at % 10}`,
      isVirtual: at % 2 === 0,
      labels: { room: `loft${spice}` },
    })),
    suites: PLANS.map((plan) => plan.name + spice),
    command: `npm run hil -- run --repeat ${attempts}${spice}`,
  });
  const ends = names.map((board, at) => {
    let now = 300 + at * 130;
    for (let attempt = 1; attempt <= attempts; attempt += 1)
      for (const plan of PLANS) now = tellSuite(teller, board, at, plan, attempt, now);
    return now;
  });
  teller.events.sort((a, b) => a.at - b.at);
  if (options.isCut) return teller.events.slice(0, Math.floor(teller.events.length * 0.6));
  const endMs = Math.max(...ends) + 200;
  const counts = { passed: 0, marginal: 0, failed: 0, skipped: 0, broken: 0, interrupted: 0 };
  for (const event of teller.events) if (event.type === "suite-ended") counts[event.outcome] += 1;
  const folder = `.trapline/hil/runs/1${spice}`;
  say(teller, endMs, { type: "run-ended", outcome: "failed", exitStatus: 1, durationMs: endMs, counts, folder });
  return teller.events;
}

function say(teller: Teller, at: number, body: HilEventBody): void {
  teller.events.push({ ...body, at: Math.round(at) });
}

function tellSuite(teller: Teller, board: string, at: number, plan: Plan, attempt: number, beganAt: number): number {
  const { spice } = teller;
  const suite = plan.name + spice;
  // The first board's failing promise holds at every second attempt: a flaky one.
  const isMild = plan.outcome === "failed" && (at > 0 || attempt % 2 === 0);
  const outcome = isMild ? "passed" : plan.outcome === "broken" && at > 0 ? "passed" : plan.outcome;
  const ms = plan.ms * (1 + at * 0.07 + (attempt % 5) * 0.03);
  const endAt = beganAt + ms;
  say(teller, beganAt, { type: "suite-started", suite, title: plan.title + spice, board, attempt });
  tellLogs(teller, board, beganAt, ms);
  tellSteps(teller, { board, suite, from: beganAt, ms, outcome });
  if (plan.name === "alert") tellMeasurements(teller, board, suite, beganAt + ms * 0.8, at * 180 + attempt * 90);
  const failure = failureOf(outcome, spice);
  say(teller, endAt, {
    type: "suite-ended",
    suite,
    board,
    attempt,
    outcome,
    durationMs: Math.round(ms),
    repeat: `npm run hil -- run --bench virtual --board ${board} --suite ${suite}`,
    ...(failure && { failure }),
    ...(outcome === "skipped" && { skipReason: `this board has no relay${spice}` }),
  });
  return endAt + 50;
}

function tellSteps(teller: Teller, told: Omit<ToldStep, "parent" | "title">): void {
  const { from, ms, outcome, ...where } = told;
  const passed = { ...where, outcome: "passed" } as const;
  const parent = tellStep(teller, {
    ...passed,
    parent: null,
    title: "bring the board to online",
    from: from + 5,
    ms: ms * 0.4,
  });
  tellStep(teller, { ...passed, parent, title: "flash the Storage image", from: from + 20, ms: ms * 0.2 });
  tellStep(teller, { ...passed, parent, title: "see it boot", from: from + 20 + ms * 0.2, ms: ms * 0.15 });
  tellStep(teller, {
    ...where,
    outcome,
    parent: null,
    title: "what is promised",
    from: from + 5 + ms * 0.4,
    ms: ms * 0.5,
  });
  const last = {
    parent: null,
    title: "give the power back",
    from: from + 8 + ms * 0.9,
    ms: ms * 0.05,
    isTeardown: true,
  };
  tellStep(teller, { ...passed, ...last });
}

function tellMeasurements(teller: Teller, board: string, suite: string, at: number, moreMs: number): void {
  const { spice } = teller;
  const where = { type: "measured", step: teller.step - 1, suite, board } as const;
  const value = 2_100 + moreMs;
  const judged = { limits: { pass: 2_000, fail: 5_000 }, outcome: value <= 5_000 ? "marginal" : "failed" } as const;
  say(teller, at, { ...where, name: `spring to notice${spice}`, value, unit: `ms${spice}`, ...judged });
  say(teller, at + 10, { ...where, name: "battery", value: 2_950.5 + moreMs / 90, unit: "mV", outcome: "passed" });
}

function failureOf(outcome: Outcome, spice: string) {
  if (outcome === "failed")
    return {
      message: `waited 20000 ms for the trap to refuse the update (asked 400 times)${spice}`,
      path: [`what is promised${spice}`],
      awaited: `the trap to refuse the update${spice}`,
      lastSeen: ["TL 8123 update state=trial", `TL 9001 boot reason=software${spice}`],
    };
  if (outcome !== "broken") return undefined;
  return {
    message: `the port rfc2217://127.0.0.1:4000 is gone: plug it in again${spice}`,
    code: "port-gone",
    path: [],
  };
}

interface ToldStep {
  board: string;
  suite: string;
  parent: number | null;
  title: string;
  from: number;
  ms: number;
  outcome: Outcome;
  isTeardown?: boolean;
}

function tellStep(teller: Teller, told: ToldStep): number {
  const { spice } = teller;
  const { board, suite, parent, outcome, isTeardown } = told;
  const title = told.title + spice;
  const step = ++teller.step;
  const teardown = isTeardown ? { isTeardown } : {};
  const inputs = { ssid: `loft${spice}`, tries: 3 };
  say(teller, told.from, { type: "step-started", step, parent, ...teardown, suite, board, title, inputs });
  const failure = failureOf(outcome, spice);
  say(teller, told.from + told.ms, {
    type: "step-ended",
    step,
    suite,
    board,
    outcome,
    durationMs: Math.round(told.ms),
    results: outcome === "passed" ? { version: `1.4.2${spice}`, [`key${spice}`]: { deep: spice } } : {},
    ...(failure && { failure }),
    ...(outcome === "skipped" && { skipReason: `this board has no relay${spice}` }),
  });
  return step;
}

function tellLogs(teller: Teller, board: string, from: number, ms: number): void {
  for (let line = 0; line < teller.logLines; line += 1) {
    const source = SOURCES[line % SOURCES.length] ?? "console";
    const at = from + (ms * line) / teller.logLines;
    const texts: Partial<Record<LogSource, string>> = {
      console: `TL ${Math.round(at)} trap state=armed count=${line}`,
      mqtt: `trapline/v1/t/24-0a-c4/event {"boot":3,"seq":${line},"type":"sprung"}`,
      http: `POST /api/v1/claims 201 ${line}`,
      pins: `button ${line % 2 === 0 ? "closed" : "open"}`,
      power: "relay 2 off",
    };
    const direction = source === "mqtt" || source === "http" ? (line % 2 === 0 ? "out" : "in") : undefined;
    say(teller, at, {
      type: "logged",
      board,
      source,
      text: `${texts[source] ?? source}${teller.spice}`,
      ...(direction && { direction }),
    });
  }
  say(teller, from + ms / 2, {
    type: "remarked",
    board,
    level: "warn",
    text: `the hour was made five minutes${teller.spice}`,
  });
}

export function buildModel(options: ToldRunOptions = {}): RunModel {
  const { model, apply } = createRunModel();
  for (const event of tellRun(options)) apply(event);
  return model;
}
