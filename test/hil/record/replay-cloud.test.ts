// A recording is played to the real cloud, its trap by a puppet: no differences where nothing has changed, and each thing that was changed
// in the recording is noticed, at its line.
import { randomBytes } from "node:crypto";
import * as assert from "uvu/assert";
import type { Identity } from "#protocol";
import { createWallClock } from "../../../hil/clock.ts";
import { type CloudSide, createPersons } from "../../../hil/record/cloud-side.ts";
import type { TimedEntry } from "../../../hil/record/entries.ts";
import type { Recording } from "../../../hil/record/recording.ts";
import { type ReplayOutcome, replayAgainstCloud } from "../../../hil/record/replay-cloud.ts";
import { createTestCloud, FACTORY_TOKEN, type TestCloud } from "../../support/cloud.ts";
import { suite } from "../../support/suite.ts";
import { createLife } from "./life.ts";

const test = suite("a recording played to a cloud");
let cloud: TestCloud;
let count = 0;

test.before(async () => {
  cloud = await createTestCloud();
});
test.after(async () => {
  await cloud?.stop();
});

function openSide(): CloudSide {
  count += 1;
  const httpUrl = cloud.httpAddress;
  const mqtt = { host: "127.0.0.1", port: cloud.mqttPort };
  const getPerson = createPersons(httpUrl, `replay-${count}`, randomBytes(12).toString("hex"));
  return { httpUrl, mqtt, factoryToken: FACTORY_TOKEN, getPerson };
}

/** Long where nothing may be missing, short where something is. */
const PATIENT_MS = 5_000;
const HASTY_MS = 300;

async function replay(recording: Recording, withinMs: number, change: Partial<CloudSide> = {}): Promise<ReplayOutcome> {
  const side = { ...openSide(), ...change };
  const identity: Identity = {
    serial: `TL-REPLAY-${count}`,
    mac: `24:0a:c4:00:0f:${count.toString(16).padStart(2, "0")}`,
    key: randomBytes(32).toString("hex"),
    ...{ hardware: "esp32", kind: "live-catch", host: "127.0.0.1", port: 1 },
  };
  return replayAgainstCloud({ recording, cloud: side, identity, clock: createWallClock(), withinMs });
}

test("the same cloud answers a recorded life as it did, under new identity, ids and keys [RECORD-2]", async () => {
  const outcome = await replay(createLife(), PATIENT_MS);
  assert.equal(outcome.differences, []);
  assert.equal(outcome.remarks, []);
  assert.is(outcome.compared > 30, true);
});

type Change = (entries: TimedEntry[]) => TimedEntry[];
const find = (entries: TimedEntry[], fits: (entry: TimedEntry) => boolean) => entries.findIndex(fits);
const isIn = (name: string) => (entry: TimedEntry) =>
  entry.kind === "mqtt" && entry.direction === "in" && entry.name === name;

/** Changes the record of the nth message of the cloud's with this name. */
function changeDown(name: string, change: Record<string, number | string | boolean>): Change {
  return (entries) => {
    const at = find(entries, isIn(name));
    return entries.map((entry, index) =>
      index === at && entry.kind === "mqtt"
        ? ({ ...entry, record: { ...entry.record, ...change } } as TimedEntry)
        : entry,
    );
  };
}

const ALTERED: [what: string, change: Change, noticed: RegExp][] = [
  [
    "an answer over HTTP",
    (entries) =>
      entries.map((entry) =>
        entry.kind === "answer" && entry.step === "claiming"
          ? { ...entry, fields: { ...entry.fields, status: "owned" } }
          : entry,
      ),
    /answer to claiming: status \| owned \| open/,
  ],
  [
    "a status",
    (entries) =>
      entries.map((entry) =>
        entry.kind === "answer" && entry.step === "credentials" ? { ...entry, status: 401 } : entry,
      ),
    /answer to credentials \| status 401 \| status 200/,
  ],
  [
    "a return code",
    (entries) => entries.map((entry) => (entry.kind === "mqtt-connect" ? { ...entry, returnCode: 5 } : entry)),
    /CONNECT \| return code 5 \| return code 0/,
  ],
  ["an acknowledgement", changeDown("ack", { seq: 9 }), /ack: seq \| 9 \| 1/],
  ["a configuration", changeDown("config", { confirmMs: 61 }), /config: confirmMs \| 61 \| 60/],
  ["a command", changeDown("command", { command: "silence" }), /command: command \| silence \| identify/],
  ["a welcome", changeDown("welcome", { session: 7 }), /welcome: session \| 7 \| 1/],
  [
    "a message that the cloud does not send any more",
    (entries) => {
      const at = find(entries, isIn("config"));
      const twice = entries[at];
      return twice === undefined ? [] : [...entries.slice(0, at), twice, ...entries.slice(at)];
    },
    /config \| config rev=1 .* \| nothing within 300 ms/,
  ],
  [
    "a message that the cloud did not send then",
    (entries) => entries.filter((entry) => !isIn("config")(entry)),
    /config \| nothing more \| config rev=1/,
  ],
  [
    "what a person was answered",
    (entries) =>
      entries.map((entry) =>
        entry.kind === "person-answer" && entry.status === 201 ? { ...entry, status: 409 } : entry,
      ),
    /commands \| status 409 \| status 201/,
  ],
  [
    "what a person saw",
    (entries) =>
      entries.map((entry) =>
        entry.kind === "notice" && entry.notice === "alert"
          ? { ...entry, data: { ...Object(entry.data), severity: "warning" } }
          : entry,
      ),
    /notice alert to owner: severity \| warning \| critical/,
  ],
  [
    "what a person did not see then",
    (entries) => entries.filter((entry) => entry.kind !== "notice" || entry.notice !== "alert"),
    /notices to owner \| nothing more \| alert .*type=sprung/,
  ],
  [
    "presence",
    (entries) =>
      entries.map((entry) =>
        entry.kind === "notice" && entry.notice === "device"
          ? { ...entry, data: { ...Object(entry.data), trapState: "armed" } }
          : entry,
      ),
    /notice device to owner \| device .*trapState=armed.* \| at last device/,
  ],
  [
    "an end that the cloud does not make",
    (entries) => {
      const at = find(entries, (entry) => entry.kind === "person" && entry.path.endsWith("/commands"));
      const moment = entries[at]?.at ?? 0;
      return [...entries.slice(0, at), { at: moment, kind: "mqtt-end", by: "cloud" }];
    },
    /connection \| ended by the cloud \| still open/,
  ],
];

for (const [what, change, noticed] of ALTERED) {
  test(`a recording that was altered is told from the cloud: ${what} [RECORD-2]`, async () => {
    const life = createLife();
    const { differences } = await replay({ ...life, entries: change(life.entries) }, HASTY_MS);
    const told = differences.map((one) => `${one.what} | ${one.recorded} | ${one.replayed}`);
    assert.ok(
      told.some((text) => noticed.test(text)),
      told.join("\n") || "no difference",
    );
  });
}

test("a difference names the line of the recording it stands in", async () => {
  const life = createLife();
  const at = find(life.entries, isIn("config"));
  const { differences } = await replay(
    { ...life, entries: changeDown("config", { buzzer: false })(life.entries) },
    PATIENT_MS,
  );
  assert.equal(differences, [
    { line: at + 2, at: life.entries[at]?.at ?? 0, what: "config: buzzer", recorded: "false", replayed: "true" },
  ]);
});

test("a recording that begins with a claimed trap, or within a session, is played from there", async () => {
  const life = createLife();
  const from = find(life.entries, (entry) => entry.kind === "mqtt" && entry.name === "event");
  const until = find(life.entries, (entry) => entry.kind === "mqtt-end");
  const { differences, remarks } = await replay({ ...life, entries: life.entries.slice(from, until) }, PATIENT_MS);
  assert.equal(differences, []);
  assert.match(remarks.join("; "), /begins with a claimed trap.*begins within a session/);
});

test("a cloud that is not there, or whose factory knows us not, is infrastructure and no difference", async () => {
  await replay(createLife(), HASTY_MS, { factoryToken: "wrong" }).then(
    () => assert.unreachable(),
    (error) => assert.match(String(error), /answered 403|answered 401/),
  );
  await replay(createLife(), HASTY_MS, { httpUrl: "http://127.0.0.1:1" }).then(
    () => assert.unreachable(),
    (error) => assert.match(String(error), /did not answer when the trap of the replay was registered/),
  );
});
