// A recording of the real firmware on the simulator is put into another board, with a simulated cloud: the same firmware does the same, and
// whatever was changed in the recording is noticed.
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { ensureImage } from "../../../firmware/image/ensure-image.ts";
import { createWallClock } from "../../../hil/clock.ts";
import type { TimedEntry } from "../../../hil/record/entries.ts";
import { formatRecording, type Recording } from "../../../hil/record/recording.ts";
import type { ReplayOutcome } from "../../../hil/record/replay-cloud.ts";
import { replayAgainstTrap } from "../../../hil/record/replay-trap.ts";
import { findSecrets } from "../../../hil/record/secrets.ts";
import { startSimulatedCloud } from "../../../hil/record/simulated-cloud.ts";
import { suite } from "../../support/suite.ts";
import { createIdentity, recordLife } from "./record-life.ts";
import { createSimulatedBoard, WIFI } from "./simulated-board.ts";

const test = suite("a recording put into a board", { limitMs: 80_000 });
const ROOT = path.resolve(import.meta.dirname, "../../..");
/** Not more: a trap whose host is busy would be taken for one that hangs. */
const SPEED = 5;
const SECRETS = { "wifi-ssid": WIFI.ssid, "wifi-password": WIFI.password };
let storage: Uint8Array;
let life: Recording;
let folder: string;
let count = 1;

test.before(async () => {
  storage = (await ensureImage({ root: ROOT, outDir: path.join(ROOT, ".trapline", "firmware") })).storage;
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-life-"));
  life = await recordLife({ storage, speed: SPEED, seed: 1, folder, randomBytes });
});
test.after(() => fs.rmSync(folder, { recursive: true, force: true }));

/** Long where nothing may be missing, short where something is. */
const PATIENT_MS = 8_000;
const HASTY_MS = 1_000;

async function replay(recording: Recording, slackMs: number): Promise<ReplayOutcome> {
  count += 1;
  const clock = createWallClock();
  const identity = createIdentity(count, { host: "127.0.0.1", port: 0 });
  const cloud = await startSimulatedCloud({ recording, identity, clock, randomBytes });
  const board = createSimulatedBoard({ ...identity, ...cloud.http }, storage, { speed: SPEED, seed: count });
  try {
    return await replayAgainstTrap({ recording, board, cloud, secrets: SECRETS, clock, speed: SPEED, slackMs });
  } finally {
    board.stop();
    await cloud.stop();
  }
}

test("what was recorded holds no secret: no key, no Wi-Fi password, no MQTT password [RECORD-1]", () => {
  const text = formatRecording(life);
  assert.not.match(text, new RegExp(WIFI.password));
  assert.not.match(text, /"(seal|proof|challenge|nonce|password)"/);
  assert.equal(findSecrets(life.entries), []);
});

test("the same firmware on another board does the same, with other keys and ids and its own chance [RECORD-2]", async () => {
  const { differences, compared, remarks } = await replay(life, PATIENT_MS);
  assert.equal(differences, []);
  assert.equal(remarks, []);
  assert.is(compared > 20, true, `${compared} things were compared`);
});

test("a recording that begins with a trap at work is put into one that was brought there first", async () => {
  const from = life.entries.findIndex((entry) => entry.kind === "pin" && entry.pin === "plunger");
  const until = life.entries.findIndex((entry) => entry.kind === "wifi");
  const clock: TimedEntry = { at: 0, kind: "clock", speed: SPEED };
  const { differences, remarks } = await replay(
    { ...life, entries: [clock, ...life.entries.slice(from, until)] },
    PATIENT_MS,
  );
  assert.equal(differences, []);
  assert.match(remarks.join(), /the board was booted, joined the Wi-Fi, claimed, armed/);
});

type Change = (entry: TimedEntry) => TimedEntry[];
const changeLine =
  (from: RegExp, to: string): Change =>
  (entry) => [entry.kind === "line" ? { ...entry, text: entry.text.replace(from, to) } : entry];
const changeRecord =
  (name: string, change: Record<string, string | number | boolean>): Change =>
  (entry) => {
    const isIt = entry.kind === "mqtt" && entry.name === name;
    return [isIt ? ({ ...entry, record: { ...entry.record, ...change } } as TimedEntry) : entry];
  };

/** All in one recording: none of them leads the board another way. */
const ALTERED: [what: string, change: Change, noticed: RegExp][] = [
  ["a line's field", changeLine(/kind=sprung/, "kind=false-trigger"), /console event: kind \| false-trigger \| sprung/],
  ["a state it never came to", changeLine(/trap state=sprung/, "trap state=fault"), /console trap \| trap state=fault/],
  ["a command", changeLine(/command=identify/, "command=reboot"), /console command: command \| reboot \| identify/],
  ["an event's kind", changeRecord("event", { kind: "fault" }), /mqtt event: kind \| fault \| sprung/],
  ["an event's honesty", changeRecord("event", { exact: false }), /mqtt event: exact \| false \| true/],
  [
    "what it reported",
    changeRecord("reported", { confirmMs: 99 }),
    /mqtt reported \| reported .*confirmMs=99.* \| reported/,
  ],
  ["a result", changeRecord("result", { code: 21 }), /mqtt result \| result id=17 code=21 \| result id=17 code=0/],
  ["the state of a hello", changeRecord("hello", { state: "fault" }), /mqtt hello \| hello .*state=fault.* \| hello/],
];

const tell = ({ differences }: ReplayOutcome) =>
  differences.map((one) => `${one.what} | ${one.recorded} | ${one.replayed}`);

test("a recording that was altered is told from the board, whatever it is [RECORD-2]", async () => {
  const altered = ALTERED.reduce((entries, [, change]) => entries.flatMap(change), life.entries);
  const told = tell(await replay({ ...life, entries: altered }, HASTY_MS));
  for (const [what, , noticed] of ALTERED) {
    assert.ok(
      told.some((text) => noticed.test(text)),
      `${what} was not noticed:\n${told.join("\n")}`,
    );
  }
});

test("an event that the recorded board did not tell is a difference [RECORD-2]", async () => {
  const isEvent = (entry: TimedEntry) => entry.kind === "mqtt" && entry.direction === "out" && entry.name === "event";
  const told = tell(await replay({ ...life, entries: life.entries.filter((entry) => !isEvent(entry)) }, HASTY_MS));
  assert.match(told.join("\n"), /mqtt event \| nothing more \| event .*kind=sprung/);
});

test("a board that goes another way is not waited for to the end [RECORD-2]", async () => {
  const isInput = (entry: TimedEntry) => entry.kind === "pin" || entry.kind === "order";
  const outcome = await replay({ ...life, entries: life.entries.filter((entry) => !isInput(entry)) }, HASTY_MS);
  assert.match(tell(outcome).join("\n"), /console portal \| portal state=closed \| portal state=open|nothing within/);
  assert.match(outcome.remarks.join("\n"), /too far another way/);
});
