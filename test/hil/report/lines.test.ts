// What people and programs read while a run goes on: plain lines, the live terminal, and JSON lines, each of the same small run.
import * as assert from "uvu/assert";
import { createSimClock, type SimClock } from "../../../hil/clock.ts";
import { writeJsonLines } from "../../../hil/report/json-lines.ts";
import { writePlain } from "../../../hil/report/plain.ts";
import { drawTerminal } from "../../../hil/report/terminal.ts";
import { formatAt, formatDuration, toPrintable } from "../../../hil/report/words.ts";
import { createEventStream } from "../../../hil/steps/event-stream.ts";
import type { EventStream } from "../../../hil/steps/events.ts";
import { suite } from "../../support/suite.ts";

const test = suite("lines of a run");

/** One board passes slowly, the other fails; `pause` is called where a person would look. */
async function tellSmallRun(stream: EventStream, clock: SimClock, pause: () => void = () => undefined): Promise<void> {
  const on = (board: string) => ({ suite: "alert", board });
  const boards = ["loft", "barn"].map((name) => ({ name, mac: "24:0a:c4:00:00:01", isVirtual: true, labels: {} }));
  const suites = ["alert"];
  stream.publish({
    type: "run-started",
    runId: "r1",
    startedAt: "2026-11-21T08:00:00.000Z",
    bench: "virtual",
    boards,
    suites,
    command: "hil",
  });
  for (const name of ["loft", "barn"])
    stream.publish({ type: "suite-started", ...on(name), title: "A spring is told", attempt: 1 });
  const begin = { type: "step-started", inputs: {} } as const;
  stream.publish({ ...begin, ...on("loft"), step: 1, parent: null, title: "flash" });
  stream.publish({ ...begin, ...on("loft"), step: 2, parent: 1, title: "write" });
  stream.publish({ ...begin, ...on("barn"), step: 3, parent: null, title: "see the notice" });
  await clock.advance(1_000);
  stream.publish({ type: "progress", board: "loft", what: "Storage", done: 512, total: 1024 });
  stream.publish({ type: "logged", board: "barn", source: "console", text: "TL 900 trap state=\u001b[31msprung" });
  await clock.advance(300);
  pause();
  const end = { type: "step-ended", durationMs: 1_300, results: {} } as const;
  stream.publish({ ...end, ...on("loft"), step: 2, outcome: "passed", results: { bytes: 1024 } });
  stream.publish({ ...end, ...on("loft"), step: 1, outcome: "passed" });
  const limits = { pass: 2_000, fail: 5_000 };
  stream.publish({
    type: "measured",
    ...on("loft"),
    step: 0,
    name: "delay",
    value: 2_100.25,
    unit: "ms",
    limits,
    outcome: "marginal",
  });
  stream.publish({
    type: "suite-ended",
    ...on("loft"),
    attempt: 1,
    outcome: "marginal",
    durationMs: 1_300,
    repeat: "again loft",
  });
  const failure = {
    message: "waited 1000 ms for the notice (asked 20 times)",
    path: ["see the notice"],
    awaited: "the notice",
    lastSeen: ["no notice"],
  };
  stream.publish({ type: "remarked", board: "barn", level: "warn", text: "its relay answers slowly" });
  stream.publish({ ...end, ...on("barn"), step: 3, outcome: "failed", failure });
  stream.publish({
    type: "suite-ended",
    ...on("barn"),
    attempt: 1,
    outcome: "failed",
    durationMs: 1_300,
    failure,
    repeat: "again barn",
  });
  const counts = { passed: 0, marginal: 1, failed: 1, skipped: 0, broken: 0, interrupted: 0 };
  stream.publish({ type: "run-ended", outcome: "failed", exitStatus: 1, durationMs: 1_300, counts, folder: "runs/r1" });
}

function start() {
  const clock = createSimClock();
  const stream = createEventStream({ clock });
  const written: string[] = [];
  return { clock, stream, written, write: (text: string) => void written.push(text) };
}

const PLAIN = `00:00.000 bench virtual: loft (virtual), barn (virtual); 1 suite; run r1
00:01.300 [loft] passed alert: flash › write 1.3 s bytes=1024
00:01.300 [loft] passed alert: flash 1.3 s
00:01.300 [loft] measured marginal: delay 2100.25 ms (up to 2000, at most 5000)
00:01.300 ≈ marginal     loft  alert  1.3 s  delay 2100.25 ms (up to 2000, at most 5000)
00:01.300 [barn] warn: its relay answers slowly
00:01.300 [barn] failed alert: see the notice 1.3 s
00:01.300 ✗ failed       barn  alert  1.3 s
00:01.300     what      waited 1000 ms for the notice (asked 20 times)
00:01.300     in        see the notice
00:01.300     awaited   the notice
00:01.300     last seen no notice
00:01.300     console   00:01.000 TL 900 trap state=\\x1b[31msprung
00:01.300     repeat    again barn

what did not pass:
  ✗ barn  alert: waited 1000 ms for the notice (asked 20 times)
    again barn

failed: 1 marginal, 1 failed in 1.3 s, exit status 1
reports: runs/r1
`;

test("plain output is a line for every step and suite, with failures in full", async () => {
  const { clock, stream, written, write } = start();
  writePlain(stream, write);
  await tellSmallRun(stream, clock);
  assert.is(written.join(""), PLAIN);
});

/** What a terminal would show: it knows going up, erasing downwards, and nothing else. */
function createScreen() {
  let lines: string[] = [];
  return {
    write(text: string) {
      for (const part of text.replaceAll("\x1b[0J", "").split(/(?<=\n|\[\d+A)/)) {
        const up = part.startsWith("\x1b[") ? part.match(/(\d+)A$/)?.[1] : undefined;
        if (up !== undefined) lines = lines.slice(0, lines.length - Number(up));
        else lines.push(part.replace("\n", ""));
      }
    },
    show: () => lines,
  };
}

test("a terminal shows a line for every board, redrawn in place, and what has ended above", async () => {
  for (const columns of [80, 50, 24]) {
    const { clock, stream } = start();
    const screen = createScreen();
    drawTerminal({ stream, clock, write: screen.write, columns: () => columns, hasColours: false });
    let live: string[] = [];
    await tellSmallRun(stream, clock, () => {
      live = screen.show();
    });
    assert.ok(
      live.every((line, at) => at === 0 || line.length < columns),
      live.join("\n"),
    );
    if (columns === 80)
      assert.equal(
        live,
        [
          "bench virtual: loft (virtual), barn (virtual); 1 suite; run r1",
          "⠙ loft    1.3 s  alert › flash › write            Storage ████████░░░░░░░░ 50 %",
          "⠙ barn    1.3 s  alert › see the notice",
        ].map((line) => line),
      );
    if (columns === 50) assert.match(live[1] ?? "", /^\S loft {4}1\.3 s {2}alert › flash › write +50 %$/);
    const after = screen.show().join("\n");
    assert.match(after, "≈ marginal     loft  alert  1.3 s  delay 2100.25 ms");
    assert.match(after, "! barn: its relay answers slowly");
    assert.match(
      after,
      "    last seen no notice\n    console   00:01.000 TL 900 trap state=\\x1b[31msprung\n    repeat    again barn",
    );
    assert.ok(after.endsWith("failed: 1 marginal, 1 failed in 1.3 s, exit status 1\nreports: runs/r1"), after);
    assert.not.match(after, "⠙");
  }
});

test("colours stand around words only, and a terminal that is stopped early leaves no live lines", async () => {
  const { clock, stream } = start();
  const screen = createScreen();
  let text = "";
  const write = (part: string) => {
    text += part;
    screen.write(part);
  };
  const stop = drawTerminal({ stream, clock, write, columns: () => 80, hasColours: true });
  stream.publish({
    type: "run-started",
    runId: "r1",
    startedAt: "2026-11-21T08:00:00.000Z",
    bench: "b",
    boards: [{ name: "loft", mac: "", isVirtual: false, labels: {} }],
    suites: [],
    command: "",
  });
  assert.is(screen.show().length, 2);
  stop();
  assert.is(screen.show().length, 1);
  await clock.advance(1_000);
  assert.is(screen.show().length, 1, "nothing is drawn after the end");
  assert.match(text, "\x1b[2m");
});

test("JSON lines are a line for every suite, and the last a summary", async () => {
  const { clock, stream, written, write } = start();
  writeJsonLines(stream, write);
  await tellSmallRun(stream, clock);
  assert.ok(written.every((line) => line.endsWith("\n") && !line.slice(0, -1).includes("\n")));
  const told = written.map((line) => JSON.parse(line));
  assert.equal(
    told.map((line) => [line.type, line.board, line.outcome]),
    [
      ["suite-ended", "loft", "marginal"],
      ["suite-ended", "barn", "failed"],
      ["run-ended", undefined, "failed"],
    ],
  );
  assert.equal(told[2], {
    type: "run-ended",
    ok: false,
    cases: 2,
    failures: 1,
    skipped: 0,
    marginal: 1,
    durationMs: 1_300,
    outcome: "failed",
    exitStatus: 1,
    counts: { passed: 0, marginal: 1, failed: 1, skipped: 0, broken: 0, interrupted: 0 },
    folder: "runs/r1",
  });
});

test("durations and times read well at every size", () => {
  const durations = [0, 999, 1_000, 59_900, 59_999, 65_000, 3_599_000, 7_380_000].map(formatDuration);
  assert.equal(durations, [
    "0 ms",
    "999 ms",
    "1.0 s",
    "59.9 s",
    "1 min 00 s",
    "1 min 05 s",
    "59 min 59 s",
    "2 h 03 min",
  ]);
  assert.equal([0, 61_005, 3_661_001].map(formatAt), ["00:00.000", "01:01.005", "1:01:01.001"]);
  assert.is(toPrintable("a\tb\u0007\u001b[2J\u202e\ud800é\u{1f42d}"), "a  b\\x07\\x1b[2J\\u202e\\ud800é\u{1f42d}");
});
