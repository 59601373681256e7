// A recording becomes a test with one command: trimmed, free of secrets, with what is expected of it; or it is not kept, and says why.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { type KeepFlags, keepCommand, RECORDINGS_FOLDER } from "../../../hil/commands/keep.ts";
import { HilError } from "../../../hil/error.ts";
import type { TimedEntry } from "../../../hil/record/entries.ts";
import { judgeKept } from "../../../hil/record/kept.ts";
import { formatRecording, parseRecording, type Recording } from "../../../hil/record/recording.ts";
import { suite } from "../../support/suite.ts";
import { createLife } from "../record/life.ts";
import { createRecording } from "../record/recordings.ts";

const test = suite("hil keep");
let root: string;
let said: string[];

test.before.each(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-keep-"));
  said = [];
});
test.after.each(() => fs.rmSync(root, { recursive: true, force: true }));

async function keep(recording: Recording | string, flags: Partial<KeepFlags> = {}): Promise<number> {
  const file = path.join(root, "recording.jsonl");
  fs.writeFileSync(file, typeof recording === "string" ? recording : formatRecording(recording));
  return keepCommand(file, { name: "mouse-in-attic", ...flags }, { root, write: (line) => said.push(line) });
}

function readKept(name = "mouse-in-attic"): Recording {
  const parsed = parseRecording(fs.readFileSync(path.join(root, RECORDINGS_FOLDER, `${name}.jsonl`), "utf8"));
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.value;
}

async function refused(work: Promise<number>, expected: RegExp): Promise<void> {
  const error = await work.then(
    () => assert.unreachable("it was kept"),
    (thrown) => thrown,
  );
  assert.instance(error, HilError);
  assert.is(error.kind, "usage");
  assert.match(error.message, expected);
  assert.not.ok(fs.existsSync(path.join(root, RECORDINGS_FOLDER, "mouse-in-attic.jsonl")));
}

const failed = { outcome: "failed", failure: "no alert", durationMs: 99_999 } as const;

test("a sound run is expected to go the same again, on both sides", async () => {
  assert.is(await keep(createLife()), 0);
  const { kept } = readKept();
  assert.equal(kept, { name: "mouse-in-attic", against: ["trap", "cloud"], expects: "same", must: [], never: [] });
  assert.match(said.join("\n"), /npm test -- hil\/recordings/);
});

test("a failure is expected to go otherwise, or as it is said", async () => {
  await keep({ ...createLife(), end: failed });
  assert.is(readKept().kept?.expects, "otherwise");
  const flags = { force: true, against: ["trap"], must: ["mqtt event kind=sprung"], never: ["console fault"] };
  await keep({ ...createLife(), end: failed }, flags);
  assert.equal(readKept().kept, { name: "mouse-in-attic", against: ["trap"], expects: "otherwise", ...pick(flags) });
});

const pick = ({ must, never }: { must: string[]; never: string[] }) => ({ must, never });

test("what no comparison looks at is left out, with the bench's own names", async () => {
  const noise: TimedEntry[] = [
    { at: 0, kind: "serial", direction: "out", bytes: "x\n" },
    { at: 0, kind: "line", text: "rst:0x1 (POWERON_RESET)" },
    { at: 0, kind: "line", text: "TL 1 health outbox=0" },
    { at: 0, kind: "pin", pin: "led", value: true },
  ];
  const life = createLife();
  await keep({ ...life, entries: [...noise, ...life.entries] });
  const kept = readKept();
  assert.equal(kept.entries, life.entries);
  assert.equal([kept.board.name, kept.board.labels], ["board", {}]);
});

const REFUSED: [what: string, recording: () => Recording | string, flags: Partial<KeepFlags>, why: RegExp][] = [
  ["a name that is none", createLife, { name: "Mouse in attic" }, /is no name for a test/],
  ["a path as a name", createLife, { name: "../mouse" }, /is no name for a test/],
  ["what is no recording", () => "{}\n", {}, /recording\.jsonl, line 1: expected the header of a recording/],
  [
    "a recording with a faulty line",
    () => formatRecording(createLife()).replace('"power"', '"powder"'),
    {},
    /line 2: "kind" is "powder"/,
  ],
  [
    "one with a secret",
    () => createRecording([...createLife().entries, { at: 90_000, kind: "remark", text: "5e".repeat(32) }]),
    {},
    /seems to hold secrets.*\n {2}remark at 90\.000 s: 64 hexadecimal digits/,
  ],
  [
    "one with nothing in it",
    () => createRecording([{ at: 0, kind: "wifi", up: true }]),
    {},
    /nothing that could be replayed/,
  ],
  [
    "a half that it has nothing of",
    () => createRecording([{ at: 0, kind: "line", text: "TL 1 reboot" }]),
    { against: ["cloud"] },
    /nothing that could be replayed against a cloud/,
  ],
  ["an expectation that is none", createLife, { must: ["a mouse"] }, /"a mouse" is no output of a trap/],
];

for (const [what, recording, flags, why] of REFUSED) {
  test(`${what} is refused, and nothing is written`, () => refused(keep(recording(), flags), why));
}

test("what was kept before stays, unless it is said that it goes", async () => {
  await keep(createLife());
  await keep(createLife()).then(
    () => assert.unreachable(),
    (error) => assert.match(String(error), /called mouse-in-attic already/),
  );
  assert.is(await keep(createLife(), { force: true }), 0);
});

const SEEN = [{ channel: "mqtt" as const, name: "event", fields: { kind: "sprung", seq: 1 } }];
const DIFFERENCE = { line: 3, at: 5, what: "mqtt event", recorded: "a", replayed: "b" };
const outcome = (differences = [DIFFERENCE].slice(1)) => ({ differences, remarks: [], compared: 1, seen: SEEN });
const kept = { name: "x", against: ["trap" as const], must: [], never: [] };

test("a replay is judged by what was expected of it: nothing else, something else, this, not that [RECORD-2]", () => {
  const judge = (change: object, differences = [DIFFERENCE].slice(1)) =>
    judgeKept({ ...kept, expects: "otherwise", ...change }, "trap", outcome(differences)).join("; ");
  assert.is(judge({ expects: "same" }), "");
  assert.match(judge({ expects: "same" }, [DIFFERENCE]), /line 3, mqtt event: recorded a, now b/);
  assert.match(judge({}), /it went as recorded/);
  assert.is(judge({}, [DIFFERENCE]), "");
  assert.is(judge({ must: ["mqtt event kind=sprung"] }), "");
  assert.is(judge({ must: ["mqtt event kind=armed"] }), "mqtt event kind=armed did not come");
  assert.is(judge({ never: ["mqtt event"] }), "mqtt event came");
  assert.is(judge({ never: ["console fault"] }), "");
  assert.match(
    judgeKept({ ...kept, expects: "same" }, "trap", { ...outcome(), compared: 0 }).join(),
    /nothing was compared/,
  );
});
