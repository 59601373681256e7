// hil replay by hand: what is asked wrongly is told before anything is started; a kept recording into a virtual board ends with 0, an altered
// one with 1 and the line.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { type ReplayFlags, replayCommand } from "../../../hil/commands/replay.ts";
import { HilError } from "../../../hil/error.ts";
import { formatRecording } from "../../../hil/record/recording.ts";
import { createProgramEnvironment } from "../../support/config.ts";
import { suite } from "../../support/suite.ts";
import { createLife } from "../record/life.ts";
import { createRecording } from "../record/recordings.ts";

const test = suite("hil replay", { limitMs: 80_000, fileLimitMs: 200_000 });
const ROOT = path.resolve(import.meta.dirname, "../../..");
const SAMPLE = path.join(ROOT, "hil/recordings/spring-to-notice.jsonl");
let folder: string;
let said: string[];

test.before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-replay-"));
});
test.before.each(() => {
  said = [];
});
test.after(() => fs.rmSync(folder, { recursive: true, force: true }));

function write(text: string): string {
  const file = path.join(folder, "recording.jsonl");
  fs.writeFileSync(file, text);
  return file;
}

const replay = (file: string, flags: ReplayFlags = {}) =>
  replayCommand(file, flags, {
    ...{ root: ROOT, stateFolder: path.join(folder, "state"), environment: createProgramEnvironment() },
    ...{ write: (line) => said.push(line), writeError: () => undefined, signal: new AbortController().signal },
  });

const REFUSED: [what: string, text: string, flags: ReplayFlags, why: RegExp][] = [
  ["what is no recording", "mouse", {}, /line 1: expected the header of a recording/],
  [
    "a speed that is none",
    formatRecording(createLife()),
    { speed: "fast" },
    /--speed fast is not understood; expected 1 to 1000/,
  ],
  ["a kind of trap that is none", formatRecording(createLife()), { kind: "cat" }, /--kind cat .* live-catch/],
  [
    "a cloud that is none",
    formatRecording(createLife()),
    { cloud: "rain" },
    /--cloud rain .* simulated, local or an address/,
  ],
  [
    "a firmware for a board that there is not",
    formatRecording(createLife()),
    { cloud: "local", storage: "x" },
    /Leave one of them out/,
  ],
  [
    "a firmware that is not there",
    formatRecording(createLife()),
    { storage: "nowhere.bin" },
    /nowhere\.bin cannot be read/,
  ],
  [
    "a cloud elsewhere without its factory's token",
    formatRecording(createLife()),
    { cloud: "http://127.0.0.1:1" },
    /Export TRAPLINE_FACTORY_TOKEN first/,
  ],
];

for (const [what, text, flags, why] of REFUSED) {
  test(`${what} is told, with what to do`, async () => {
    const error = await replay(write(text), flags).then(
      () => assert.unreachable("it was replayed"),
      (thrown) => thrown,
    );
    assert.instance(error, HilError);
    assert.is(error.kind, "usage");
    assert.match(error.message, why);
  });
}

test("a file that is not there is told", async () => {
  await replay(path.join(folder, "nothing")).then(
    () => assert.unreachable(),
    (error) => assert.match(String(error), /cannot be read.*hil run --record/),
  );
});

test("a sound recording into a virtual board ends with 0, and leaves nothing behind [RECORD-2]", async () => {
  assert.is(await replay(SAMPLE), 0, said.join("\n"));
  assert.match(said.join("\n"), /things compared, no differences/);
  assert.equal(fs.readdirSync(path.join(folder, "state/replays")), []);
});

test("an altered one ends with 1 and names the line [RECORD-2]", async () => {
  const altered = fs
    .readFileSync(SAMPLE, "utf8")
    .replaceAll('"kind":"sprung","value":0}}', '"kind":"fault","value":0}}');
  const file = write(altered);
  assert.is(await replay(file), 1);
  assert.match(
    said.join("\n"),
    /recording\.jsonl:\d+ \(\d+\.\d{3} s\) mqtt event: kind\n {2}recorded: fault\n {2}replayed: sprung/,
  );
});

test("one that holds nothing to compare is no success", async () => {
  await replay(write(formatRecording(createRecording([{ at: 0, kind: "remark", text: "x" }])))).then(
    () => assert.unreachable(),
    (error) => assert.match(String(error), /holds nothing that could be compared/),
  );
});
