// Every recording that was kept as a test is replayed: into the firmware of this repository on the simulator, and against the cloud of this
// repository. `npm run hil -- keep RECORDING --name NAME` adds one.
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { ensureImage } from "../../firmware/image/ensure-image.ts";
import { createWallClock } from "../../hil/clock.ts";
import { createPersons } from "../../hil/record/cloud-side.ts";
import { judgeKept } from "../../hil/record/kept.ts";
import type { KeptAgainst } from "../../hil/record/kept-terms.ts";
import { parseRecording, type Recording } from "../../hil/record/recording.ts";
import { type ReplayOutcome, replayAgainstCloud } from "../../hil/record/replay-cloud.ts";
import { replayAgainstTrap } from "../../hil/record/replay-trap.ts";
import { findSecrets } from "../../hil/record/secrets.ts";
import { startSimulatedCloud } from "../../hil/record/simulated-cloud.ts";
import { createTestCloud, FACTORY_TOKEN } from "../support/cloud.ts";
import { suite } from "../support/suite.ts";
import { createIdentity } from "./record/record-life.ts";
import { createSimulatedBoard, WIFI } from "./record/simulated-board.ts";

const test = suite("kept recordings", { limitMs: 80_000, fileLimitMs: 300_000 });
const ROOT = path.resolve(import.meta.dirname, "../..");
const FOLDER = path.join(ROOT, "hil/recordings");
/** Not more: a trap whose host is busy would be taken for one that hangs. */
const SPEED = 4;
const FILES = fs.readdirSync(FOLDER).filter((file) => file.endsWith(".jsonl"));
let count = 100;

function read(file: string): Recording {
  const parsed = parseRecording(fs.readFileSync(path.join(FOLDER, file), "utf8"));
  assert.ok(parsed.ok, `${file}: ${JSON.stringify(parsed)}`);
  return parsed.value;
}

async function replayTrap(recording: Recording): Promise<ReplayOutcome> {
  count += 1;
  const clock = createWallClock();
  const { storage } = await ensureImage({ root: ROOT, outDir: path.join(ROOT, ".trapline", "firmware") });
  const identity = createIdentity(count, { host: "127.0.0.1", port: 0 });
  const cloud = await startSimulatedCloud({ recording, identity, clock, randomBytes });
  const board = createSimulatedBoard({ ...identity, ...cloud.http }, storage, { speed: SPEED, seed: count });
  const secrets = { "wifi-ssid": WIFI.ssid, "wifi-password": WIFI.password };
  try {
    return await replayAgainstTrap({ recording, board, cloud, secrets, clock, speed: SPEED });
  } finally {
    board.stop();
    await cloud.stop();
  }
}

async function replayCloud(recording: Recording): Promise<ReplayOutcome> {
  count += 1;
  const cloud = await createTestCloud();
  const identity = createIdentity(count, { host: "127.0.0.1", port: 0 });
  const { httpAddress: httpUrl, mqttPort: port } = cloud;
  const getPerson = createPersons(httpUrl, `kept-${count}`, randomBytes(12).toString("hex"));
  const side = { httpUrl, mqtt: { host: "127.0.0.1", port }, factoryToken: FACTORY_TOKEN, getPerson };
  try {
    return await replayAgainstCloud({ recording, cloud: side, identity, clock: createWallClock() });
  } finally {
    await cloud.stop();
  }
}

const REPLAYS: Record<KeptAgainst, (recording: Recording) => Promise<ReplayOutcome>> = {
  trap: replayTrap,
  cloud: replayCloud,
};

test("there is at least one, each under its name, and none holds a secret [RECORD-1]", () => {
  assert.is(FILES.length > 0, true);
  for (const file of FILES) {
    const { kept, entries } = read(file);
    assert.is(`${kept?.name}.jsonl`, file);
    assert.equal(findSecrets(entries), [], file);
  }
});

for (const file of FILES) {
  const recording = read(file);
  for (const against of recording.kept?.against ?? []) {
    test(`${file} goes as expected with the ${against} of this repository [RECORD-3]`, async () => {
      const { kept } = recording;
      assert.ok(kept);
      assert.equal(judgeKept(kept, against, await REPLAYS[against](recording)), []);
    });
  }
}
