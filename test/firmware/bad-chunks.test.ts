// Spoilt answers while a firmware is fetched: whatever comes in place of the chunks of a true signed file, nothing else is ever tried, the
// running slot stays as it was, and each attempt ends with a refusal.
import * as assert from "uvu/assert";
import { FIRMWARE_CHUNK_BYTES } from "#protocol";
import { suite } from "../support/suite.ts";
import { watch } from "./bad-input/bad-input.ts";
import { createChance, spoil } from "./bad-input/mutations.ts";
import { startOwned } from "./cloud-double.ts";
import { SEED } from "./seed.ts";
import { readSignedFile } from "./slots/signed-files.ts";

const test = suite("bad chunks", { limitMs: 120_000, fileLimitMs: 300_000 });
const FILE = readSignedFile(8);
const DOWNLOADS = 300;
const CHUNKS = Math.ceil(FILE.file.length / FIRMWARE_CHUNK_BYTES);
const OFFER = {
  ...{ firmware: "55555555-5555-4555-8555-555555555555", version: "1.0.8" },
  ...{ size: FILE.file.length, sha256: FILE.sha256, chunk: FIRMWARE_CHUNK_BYTES },
};

test("[INPUT-1] a firmware of which any chunk was spoilt is refused, and the one that runs is untouched", () => {
  const { bench, cloud } = startOwned();
  const chance = createChance(SEED);
  const running = Buffer.from(bench.slots.bytes.a);
  const victim = watch(bench, cloud, false);
  let spoilt = 0;
  bench.onRequest = (request) => {
    const number = Number(request.path.split("/").at(-1));
    const truth = FILE.file.slice(number * FIRMWARE_CHUNK_BYTES, (number + 1) * FIRMWARE_CHUNK_BYTES);
    // The last is spoilt if none was before; of another length it would only be asked for again.
    const isDue = number === CHUNKS - 1 && spoilt === 0;
    if (!isDue && chance.draw(12) > 0) return { status: 200, body: truth, error: "" };
    if (!isDue && chance.draw(20) === 0) return { status: 201 + chance.draw(400), body: truth, error: "" };
    let body = spoil(chance, truth, [FILE.file]);
    if (isDue || chance.draw(2) === 0) body = body.slice(0, truth.length).padEnd(truth.length, "?");
    if (isDue && body === truth)
      body = truth.slice(0, -1) + String.fromCharCode(truth.charCodeAt(truth.length - 1) ^ 1);
    if (body.length === truth.length && body !== truth) spoilt += 1;
    return { status: 200, body, error: "" };
  };
  for (let i = 0; i < DOWNLOADS; i++) {
    spoilt = 0;
    cloud.received = [];
    const id = `44444444-4444-4444-8444-${i.toString().padStart(12, "0")}`;
    cloud.send({ name: "offer", value: { id, ...OFFER } });
    const phases = () => cloud.list("update").map(({ phase }) => phase);
    for (let minutes = 0; minutes < 60 && !phases().includes("refused"); minutes++) bench.clock.advance(10_000);
    assert.ok(phases().includes("refused"), `download ${i}: ${phases().join(", ")}`);
    assert.not(phases().includes("verified"), `download ${i}`);
    bench.lines.length = 0;
    bench.requests.length = 0;
    bench.slots.writes.length = 0;
  }
  assert.equal(bench.slots.bytes.a, running);
  bench.slots.bytes.b.fill(0xff);
  victim.checkAll(() => "all downloads");
  assert.is(bench.reboots, 0);
});
