// What the page says, word by word, and in which order: the parts of it that need no browser.
import * as assert from "uvu/assert";
import type { Alert, DeviceEvent, State, Update } from "../../../cloud/console/page/shapes.ts";
import { suite } from "../../support/suite.ts";

/** The page's scripts are for browsers and typed by a program of their own, so they come without types here. */
const load = (name: string) => import(new URL(`../../../cloud/console/page/${name}`, import.meta.url).href);
const words = await load("words.js");
const { describeProblem } = await load("problem-words.js");
const { ApiError } = await load("api.js");
const { listOpenAlerts } = await load("state.js");
const { listEntries } = await load("timeline-entries.js");

// After the imports, which take their time: a suite takes tests only while its file is being read.
const test = suite("words of the first page");

const S = 1_000;
const MIN = 60 * S;
const H = 60 * MIN;

const AGES: [ms: number, text: string][] = [
  [-5, "0 s"],
  [999, "0 s"],
  [59 * S, "59 s"],
  [MIN + 5 * S, "1 min 5 s"],
  [H, "1 h 0 min"],
  [49 * H, "2 d 1 h"],
];
for (const [ms, text] of AGES) test(`an age of ${ms} ms is ${text}`, () => assert.is(words.formatAge(ms), text));

const LATENCIES: [ms: number, text: string][] = [
  [-3, "0 ms"],
  [83.6, "84 ms"],
  [999, "999 ms"],
  [1_000, "1.0 s"],
  [4_120, "4.1 s"],
  [2 * MIN, "2 min 0 s"],
];
for (const [ms, text] of LATENCIES)
  test(`a latency of ${ms} ms is ${text}`, () => assert.is(words.formatLatency(ms), text));

test("what is left counts down to zero and not beyond", () => {
  assert.is(words.formatLeft(599_001), "10:00");
  assert.is(words.formatLeft(61_000), "1:01");
  assert.is(words.formatLeft(-1), "0:00");
});

test("words of a later release are said as they are, not lost", () => {
  assert.match(words.describeEvent("flooded", 0), "flooded");
  assert.match(words.describeAlert("stolen"), "stolen");
  assert.match(words.describeUpdate("paused", "2.0.0"), "paused");
  assert.is(words.describeSeverity("fatal"), "fatal");
  assert.is(words.describeCode(4711), "code 4711");
});

const PROBLEMS: [status: number, problem: object, retryAfterS: number | null, says: RegExp][] = [
  [0, { code: "no-answer" }, null, /does not answer.*try again/],
  [401, { code: "wrong-credentials" }, null, /wrong/],
  [409, { code: "email-taken" }, null, /Sign in instead/],
  [429, { code: "too-many-requests" }, 12, /Wait 12 seconds/],
  [429, { code: "too-many-requests" }, 600, /Wait 10 minutes/],
  [400, { code: "bad-input", errors: [{ field: "email", message: "must be x" }] }, null, /email: it must be x/],
  [418, { code: "teapot", title: "It is a teapot", detail: "Short and stout." }, null, /It is a teapot. Short/],
  [502, {}, null, /status 502/],
];
for (const [status, problem, retryAfterS, says] of PROBLEMS) {
  test(`problem ${status} ${JSON.stringify(problem)} is said in words`, () =>
    assert.match(describeProblem(new ApiError(status, problem, retryAfterS)), says));
}

const at = (ms: number) => new Date(Date.parse("2026-06-01T12:00:00Z") + ms).toISOString();

function alertOf(change: Partial<Alert>): Alert {
  return {
    id: "a",
    deviceId: "d",
    deviceName: "Loft, as it was",
    type: "sprung",
    status: "new",
    severity: "critical",
    message: "",
    eventId: "e",
    triggeredAt: at(0),
    createdAt: at(84),
    acknowledgedAt: null,
    acknowledgedBy: null,
    resolvedAt: null,
    resolvedBy: null,
    ...change,
  } as Alert;
}

function eventOf(change: Partial<DeviceEvent>): DeviceEvent {
  const when = { occurredEarliest: at(0), occurredLatest: at(0), receivedAt: at(20) };
  return { id: "e", deviceId: "d", kind: "sprung", value: 0, exact: true, ...when, ...change } as DeviceEvent;
}

function stateOf(parts: { alerts?: Alert[]; events?: DeviceEvent[]; updates?: Update[] }): State {
  const keyed = <T extends { id: string }>(items: T[] = []) => new Map(items.map((item) => [item.id, item]));
  return {
    devices: new Map([["d", { id: "d", name: "Loft" }]]) as State["devices"],
    alerts: keyed(parts.alerts),
    events: keyed(parts.events),
    updates: keyed(parts.updates),
    attempts: [],
    heardAt: new Map(),
  };
}

test("the most urgent alert is first: unanswered, then severe, then old", () => {
  const state = stateOf({
    alerts: [
      alertOf({ id: "resolved", status: "resolved" }),
      alertOf({ id: "answered", status: "acknowledged" }),
      alertOf({ id: "info", severity: "info" }),
      alertOf({ id: "younger", triggeredAt: at(5) }),
      alertOf({ id: "older" }),
      alertOf({ id: "warning", severity: "warning" }),
    ],
  });
  const order = listOpenAlerts(state).map((alert: Alert) => alert.id);
  assert.equal(order, ["older", "younger", "warning", "info", "answered"]);
});

interface Entry {
  words: string;
  name: string;
  latencies: string[];
}
const entriesOf = (state: State, countMax = 100): Entry[] => listEntries(state, { countMax, isOneMachine: true });

test("an alert tells how long after its event it came, and when this page heard of it", () => {
  const state = stateOf({ alerts: [alertOf({})], events: [eventOf({})] });
  state.heardAt.set("a", Date.parse(at(91)));
  const [alert, event] = entriesOf(state);
  assert.equal(alert?.latencies, ["sprung \u2192 alert 84 ms", "\u2192 this page 91 ms"]);
  assert.is(event?.words, "sprang");
});

test("no latency is made up where the trap does not know when it was", () => {
  const event = eventOf({ exact: false, receivedAt: at(9_000) });
  const [alert, told] = entriesOf(stateOf({ alerts: [alertOf({ createdAt: at(9_010) })], events: [event] }));
  assert.equal(alert?.latencies, []);
  assert.equal(told?.latencies, ["at this time or earlier, before it lost power", "told 9.0 s later"]);
});

test("the past is newest first, bounded, and names even a trap that was released", () => {
  const answered = {
    status: "resolved",
    acknowledgedAt: at(3_084),
    acknowledgedBy: { id: "p", name: "ada@example.com" },
    resolvedAt: at(20_084),
  } as const;
  const state = stateOf({ alerts: [alertOf({ deviceId: "gone", ...answered })], events: [eventOf({})] });
  const entries = entriesOf(state);
  assert.equal(
    entries.map((entry) => entry.words),
    [
      "had its alert resolved",
      "had its alert acknowledged by \u2068ada@example.com\u2069",
      "raised an alert: it has sprung",
      "sprang",
    ],
  );
  assert.equal(entries[1]?.latencies, ["after 3.0 s"]);
  assert.is(entries[0]?.name, "Loft, as it was");
  assert.is(entries[3]?.name, "Loft");
  assert.is(entriesOf(state, 2).length, 2);
});

test("a booted update tells from offer to boot, and the hash", () => {
  const update: Update = {
    id: "u",
    deviceId: "d",
    firmwareId: "f",
    version: "1.1.0",
    counter: 7,
    signedBy: `4b1d${"0".repeat(60)}`,
    size: 20_000,
    received: 20_000,
    sha256: `3fa8b21c${"0".repeat(56)}`,
    status: "booted",
    code: null,
    offeredAt: at(0),
    updatedAt: at(4_100),
    bootedAt: at(4_100),
  };
  const [booted, offered] = entriesOf(stateOf({ updates: [update] }));
  assert.equal(booted?.latencies, ["after 4.1 s", "hash 3fa8b21c"]);
  assert.match(offered?.words ?? "", "was offered version 1.1.0");
  assert.equal(offered?.latencies, ["counter 7", "signed by key 4b1d 0000"]);
  const [fetching] = entriesOf(
    stateOf({ updates: [{ ...update, status: "fetching", received: 9_999, bootedAt: null }] }),
  );
  assert.equal(fetching?.latencies, ["after 4.1 s", "49 %"]);
  const [refused] = entriesOf(stateOf({ updates: [{ ...update, status: "refused", code: 33, bootedAt: null }] }));
  assert.match(refused?.words ?? "", "refused version 1.1.0: the hash was wrong");
  const ended: [code: number | null, says: RegExp][] = [
    [null, /could not be updated to version 1\.1\.0: the trap runs the firmware before again/],
    [39, /not signed by the key the trap trusts/],
    [38, /older than what the trap has run/],
    [37, /another product or for other hardware/],
    [70, /did not work in three starts, so that the trap went back/],
  ];
  for (const [code, says] of ended) {
    const failed = { ...update, status: "failed", code, updatedAt: at(9_000) } as const;
    const [entry] = entriesOf(stateOf({ updates: [failed] }));
    assert.match(entry?.words ?? "", says);
    assert.equal(entry?.latencies, ["after 9.0 s"]);
  }
});
