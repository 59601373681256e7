// The recorder beside a run: a file for each board and suite, written while it happens.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { startRecorder } from "../../../hil/record/recorder.ts";
import { type ParsedRecording, parseRecording } from "../../../hil/record/recording.ts";
import type { HilEventBody } from "../../../hil/steps/events.ts";
import { suite } from "../../support/suite.ts";
import { createStream, type HeardStream } from "./recordings.ts";

const test = suite("the recorder");
const DATE = new Date("2026-11-21T08:00:00.000Z");
const BOARD = { name: "left", mac: "24:0a:c4:00:00:01", isVirtual: false, labels: {} };
let folder: string;
let stream: HeardStream;

test.before.each(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-recorder-"));
  stream = createStream();
});
test.after.each(() => fs.rmSync(folder, { recursive: true, force: true }));

const start = (into = folder) => startRecorder({ stream, folder: into, clock: { date: () => DATE } });

function publish(atMs: number, ...bodies: HilEventBody[]): void {
  stream.nowMs = atMs;
  for (const body of bodies) stream.publish(body);
}

const runStarted: HilEventBody = {
  type: "run-started",
  ...{ runId: "1", startedAt: DATE.toISOString(), bench: "b", boards: [BOARD], suites: ["alert"], command: "run" },
};
const suiteStarted = (suite: string, board = "left"): HilEventBody => {
  return { type: "suite-started", suite, title: "t", board, attempt: 1 };
};
const suiteEnded = (suite: string, board = "left"): HilEventBody => {
  const failure = { message: "no alert in 30 s" };
  return { type: "suite-ended", suite, board, attempt: 1, outcome: "failed", durationMs: 5, failure, repeat: "" };
};
const line = (text: string, board = "left"): HilEventBody => {
  return { type: "logged", board, source: "console", direction: "in", text };
};

function read(file: string): Extract<ParsedRecording, { ok: true }> {
  const parsed = parseRecording(fs.readFileSync(path.join(folder, file), "utf8"));
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed;
}

test("each board and suite has a recording of its own, dated from the suite's start", () => {
  const recorder = start();
  publish(10, runStarted, suiteStarted("alert"), suiteStarted("alert", "right"));
  publish(15, line("TL 1 boot"), line("TL 2 boot", "right"));
  publish(20, { type: "recorded", board: "left", entry: { kind: "power", on: false } });
  publish(30, suiteEnded("alert"), line("nobody hears this"), suiteStarted("update"));
  publish(31, suiteEnded("update"));
  recorder.stop();
  const { value, remarks } = read("left.alert.1.jsonl");
  assert.equal(value.board, BOARD);
  assert.equal(value.entries, [
    { at: 5, kind: "line", text: "TL 1 boot" },
    { at: 10, kind: "power", on: false },
  ]);
  assert.equal(value.end, { outcome: "failed", failure: "no alert in 30 s", durationMs: 20 });
  assert.equal(remarks, []);
  assert.equal(read("right.alert.1.jsonl").value.entries, [{ at: 5, kind: "line", text: "TL 2 boot" }]);
  assert.equal(read("left.update.1.jsonl").value.entries, []);
  assert.is(recorder.files().length, 3);
});

test("it is written while it happens: what ends early is there as far as it went", () => {
  const recorder = start();
  publish(0, runStarted, suiteStarted("alert"), line("TL 1 boot"));
  const { value, remarks } = read("left.alert.1.jsonl");
  assert.is(value.entries.length, 1);
  assert.match(remarks.join(), /breaks off/);
  recorder.stop();
  assert.is(read("left.alert.1.jsonl").value.end, null);
});

test("an order is told as it was given, without its secrets [RECORD-1]", () => {
  const recorder = start();
  const type = (text: string): HilEventBody => {
    return { type: "logged", board: "left", source: "console", direction: "out", text };
  };
  publish(0, suiteStarted("alert"), type('TL("wifi ssid=\\"my home\\" pass=***")'), type("(the console's password)"));
  recorder.stop();
  assert.equal(read("left.alert.1.jsonl").value.entries, [
    { at: 0, kind: "order", text: "wifi ssid=<wifi-ssid> pass=<wifi-password>" },
    { at: 0, kind: "remark", text: "(the console's password)" },
  ]);
});

test("a password that comes over the cable in pieces is one line before it is masked [RECORD-1]", () => {
  const recorder = start();
  publish(0, suiteStarted("alert"));
  const type = (bytes: string): HilEventBody => {
    return { type: "recorded", board: "left", entry: { kind: "serial", direction: "in", bytes } };
  };
  publish(3, type('TL("wifi ssid=home pa'), type("ss=swe"), type('et")\nTL("in'));
  publish(4, type('fo")'), suiteEnded("alert"));
  recorder.stop();
  assert.equal(read("left.alert.1.jsonl").value.entries, [
    { at: 3, kind: "serial", direction: "in", bytes: 'TL("wifi ssid=home pass=<wifi-password>")\n' },
    { at: 3, kind: "serial", direction: "in", bytes: 'TL("info")' },
  ]);
});

test("what a board said it runs stands in the headers of its later recordings", () => {
  const recorder = start();
  const entry = { kind: "firmware", version: "1.2.3", sha256: "b".repeat(64) } as const;
  publish(
    0,
    suiteStarted("alert"),
    { type: "recorded", board: "left", entry },
    suiteEnded("alert"),
    suiteStarted("update"),
  );
  recorder.stop();
  assert.is(read("left.alert.1.jsonl").value.firmware, null);
  assert.equal(read("left.update.1.jsonl").value.firmware, { version: "1.2.3", sha256: "b".repeat(64) });
});

test("how fast a board's time ran when a suite began stands first: its pauses mean nothing without it", () => {
  const recorder = start();
  publish(0, { type: "recorded", board: "left", entry: { kind: "clock", speed: 20 } }, suiteStarted("alert"));
  publish(5, line("TL 1 boot"), suiteEnded("alert"));
  recorder.stop();
  assert.equal(read("left.alert.1.jsonl").value.entries, [
    { at: 0, kind: "clock", speed: 20 },
    { at: 5, kind: "line", text: "TL 1 boot" },
  ]);
});

test("a folder that cannot be written to is told of once, and the run goes on", () => {
  const file = path.join(folder, "in-the-way");
  fs.writeFileSync(file, "");
  const recorder = start(file);
  publish(0, suiteStarted("alert"), line("TL 1 boot"), line("TL 2 boot"), suiteEnded("alert"));
  recorder.stop();
  const remarks = stream.heard.filter((event) => event.type === "remarked");
  assert.is(remarks.length, 1);
  assert.match(JSON.stringify(remarks[0]), /the recording .* ends here, the run goes on/);
});

test("a recording is for its owner alone", () => {
  const recorder = start();
  publish(0, suiteStarted("alert"), suiteEnded("alert"));
  recorder.stop();
  assert.is(fs.statSync(path.join(folder, "left.alert.1.jsonl")).mode & 0o777, 0o600);
});
