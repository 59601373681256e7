// The update machine by scripts, and the whole way of an update on the device, from the offer to the trial. What the loader makes of a trial is
// loader.test.ts's.
import * as assert from "uvu/assert";
import {
  CODE_OK,
  CODE_STORE_FULL,
  CODE_UPDATE_ALREADY_RUNNING,
  CODE_UPDATE_BUSY,
  CODE_UPDATE_DOWNLOAD_FAILED,
  CODE_UPDATE_FOREIGN,
  CODE_UPDATE_OUTDATED,
  CODE_UPDATE_ROLLED_BACK,
  CODE_UPDATE_TOO_LARGE,
  CODE_UPDATE_UNSIGNED,
  CODE_UPDATE_WRONG_HASH,
  CODE_UPDATE_WRONG_SIZE,
  SIGNED_FIRMWARE_BYTES_MAX,
  type UpdateOffer,
} from "#protocol";
import { SLOT_BYTES } from "../../firmware/slots/slot-layout.ts";
import { decodeSlotRecord, encodeSlotRecord, SLOT_KEY, type SlotRecord } from "../../firmware/slots/slot-record.ts";
import { findRecord, openRecordStore, putRecord } from "../../firmware/store/record-store.ts";
import {
  applyUpdate,
  CHUNK_MS,
  CHUNK_TRIES_MAX,
  createUpdate,
  type UpdateInput,
} from "../../firmware/update/update.ts";
import { suite } from "../support/suite.ts";
import { createCloudDouble, startOwned } from "./cloud-double.ts";
import { createTestBench, createTestFlash, createTestSlots, sha256, type TestBench } from "./ports-double.ts";
import { createOffer, flipBit, forgeFile, readSignedFile, type SignedFile } from "./slots/signed-files.ts";

const test = suite("update");
const NEXT = readSignedFile(8);
const OTHER = { id: "66666666-6666-4666-8666-666666666666" };

function readSlotRecord(bench: TestBench): SlotRecord | null {
  return decodeSlotRecord(findRecord(openRecordStore(bench.flash, sha256), SLOT_KEY));
}

function writeSlotRecord(bench: TestBench, change: Partial<SlotRecord>): void {
  const record: SlotRecord = {
    ...{ active: "a", trial: "", boots: 0, counter: 7, trialCounter: 0, code: CODE_OK, offer: "", ...change },
  };
  assert.ok(putRecord(openRecordStore(bench.flash, sha256), SLOT_KEY, encodeSlotRecord(record)));
}

test("offered, fetched in chunks, judged, and on trial from the next boot on", () => {
  const { bench, cloud } = startOwned();
  const before = Buffer.from(bench.slots.bytes.a);
  cloud.firmware = NEXT.file;
  const offer = createOffer(NEXT);
  cloud.send({ name: "offer", value: offer });
  bench.clock.advance(100);
  const { length } = NEXT.file;
  assert.equal(
    cloud.list("update").map((progress) => `${progress.phase} ${progress.code} ${progress.received}`),
    ["accepted 0 0", `verified 0 ${length}`],
  );
  const chunks = bench.requests.filter((request) => request.method === "GET").map((request) => request.path);
  assert.equal(
    chunks,
    Array.from({ length: Math.ceil(length / 1024) }, (_, n) => `/device/v1/firmware/${offer.firmware}/chunks/${n}`),
  );
  assert.is(bench.slots.bytes.b.toString("latin1", 0, length), NEXT.file);
  assert.equal(readSlotRecord(bench), {
    ...{ active: "a", trial: "b", boots: 0, counter: 7, trialCounter: 8, code: CODE_OK, offer: offer.id },
  });
  assert.equal(bench.slots.bytes.a, before, "what runs is as it was [SLOT-1]");
  assert.is(bench.reboots, 0);
  bench.clock.advance(1100);
  assert.is(bench.reboots, 1);
});

test("each page is erased once, when its turn comes, and the watchdog is fed while the file is judged", () => {
  const { bench, cloud } = startOwned();
  cloud.firmware = NEXT.file;
  cloud.send({ name: "offer", value: createOffer(NEXT) });
  bench.clock.advance(50);
  const { kicks } = bench;
  bench.clock.advance(50);
  const pages = Math.ceil(NEXT.file.length / 4096);
  assert.equal(
    bench.slots.writes.filter((write) => write.startsWith("erase")),
    Array.from({ length: pages }, (_, page) => `erase ${page}`),
  );
  assert.ok(bench.kicks > kicks || kicks > 100, `${bench.kicks} kicks`);
});

/** A file that comes in place of the one that was offered, as the offer describes it unless told. */
const REFUSED: [name: string, file: SignedFile | string, offer: Partial<UpdateOffer>, code: number][] = [
  ["what already runs", readSignedFile(7), {}, CODE_UPDATE_ALREADY_RUNNING],
  ["chunks that would not lie in one page", NEXT, { chunk: 1000 }, CODE_UPDATE_WRONG_SIZE],
  ["no signed file at all", "print('hello')".repeat(99), {}, CODE_UPDATE_WRONG_SIZE],
  ["one cut off at its end", NEXT.file.slice(0, -1), {}, CODE_UPDATE_WRONG_SIZE],
  ["one that goes on behind its end", `${NEXT.file}!`, {}, CODE_UPDATE_WRONG_SIZE],
  ["one that names a size beyond the slot", forgeFile(8, { size: 131072 }), {}, CODE_UPDATE_WRONG_SIZE],
  ["another product", forgeFile(8, { product: "trapline-hub" }), {}, CODE_UPDATE_FOREIGN],
  ["foreign hardware", forgeFile(8, { hardware: "esp32c3" }), {}, CODE_UPDATE_FOREIGN],
  ["a lower counter", forgeFile(8, { counter: 6 }), {}, CODE_UPDATE_OUTDATED],
  ["other bytes under the counter that runs", forgeFile(8, { counter: 7 }), {}, CODE_UPDATE_OUTDATED],
  ["a bit of the firmware turned", flipBit(NEXT.file, NEXT.file.length - 9), {}, CODE_UPDATE_WRONG_HASH],
  ["another firmware than was offered", readSignedFile(9), { sha256: "ab".repeat(32) }, CODE_UPDATE_WRONG_HASH],
  ["a bit of the signature turned", flipBit(NEXT.file, 2000), {}, CODE_UPDATE_UNSIGNED],
  ["a manifest that was changed", forgeFile(8, { counter: 80 }), {}, CODE_UPDATE_UNSIGNED],
];
for (const [name, given, change, code] of REFUSED) {
  test(`refused with ${code}, and never tried: ${name} [UPDATE-2] [UPDATE-3]`, () => {
    const { bench, cloud } = startOwned();
    cloud.firmware = typeof given === "string" ? given : given.file;
    const told = typeof given === "string" ? { ...NEXT, file: given } : given;
    const offer = createOffer(told, change);
    cloud.send({ name: "offer", value: offer });
    bench.clock.advance(60_000);
    const last = cloud.list("update").at(-1);
    assert.equal([last?.id, last?.phase, last?.code], [offer.id, "refused", code]);
    bench.clock.advance(60_000);
    assert.equal([bench.reboots, readSlotRecord(bench)?.trial ?? ""], [0, ""]);
    assert.is(bench.slots.bytes.b.readUInt32LE(0), 0xffffffff, "nothing that begins like a firmware is left");
  });
}

test("without a key in the loader nothing is believed, whoever signed it", () => {
  const slots = { ...createTestSlots(readSignedFile(7)), key: "" };
  const { bench, cloud } = startOwned({ slots });
  cloud.firmware = NEXT.file;
  cloud.send({ name: "offer", value: createOffer(NEXT) });
  bench.clock.advance(60_000);
  assert.is(cloud.list("update").at(-1)?.code, CODE_UPDATE_UNSIGNED);
});

test("a firmware that is cut shorter than was offered is asked for until the trap has had enough", () => {
  const { bench, cloud } = startOwned();
  cloud.firmware = NEXT.file.slice(0, 5000);
  cloud.send({ name: "offer", value: createOffer(NEXT) });
  bench.clock.advance(900_000);
  assert.equal(
    [cloud.list("update").at(-1)?.phase, cloud.list("update").at(-1)?.code],
    ["refused", CODE_UPDATE_WRONG_SIZE],
  );
});

test("an endless download is none: what is longer than the offer said is never asked for", () => {
  const { bench, cloud } = startOwned();
  cloud.firmware = NEXT.file + "x".repeat(SLOT_BYTES);
  cloud.send({ name: "offer", value: createOffer(NEXT) });
  bench.clock.advance(60_000);
  const asked = bench.requests.filter((request) => request.method === "GET");
  const last = Math.floor(NEXT.file.length / 1024);
  assert.ok(asked.every((request) => Number(request.path.split("/").at(-1)) <= last));
  assert.is(
    bench.slots.bytes.b.subarray(NEXT.file.length).find((byte) => byte !== 0xff),
    undefined,
  );
});

test("the trial is confirmed when the cloud has welcomed it, and not before [UPDATE-4]", () => {
  const { bench, cloud } = startOwned();
  cloud.firmware = NEXT.file;
  const offer = createOffer(NEXT);
  cloud.send({ name: "offer", value: offer });
  bench.clock.advance(100);
  const slots = { ...bench.slots, running: "b" as const, sha256: NEXT.sha256 };
  const trial = createTestBench({ wired: true, flash: createTestFlash(15, 4096, bench.flash.bytes), slots });
  const next = createCloudDouble(trial);
  trial.isReachable = false;
  trial.boot();
  trial.clock.advance(60_000);
  assert.equal([readSlotRecord(trial)?.active, readSlotRecord(trial)?.trial, slots.settled], ["a", "b", false]);
  trial.isReachable = true;
  trial.clock.advance(120_000);
  assert.is(next.list("hello").at(-1)?.sha256, NEXT.sha256);
  assert.equal(readSlotRecord(trial), {
    ...{ active: "b", trial: "", boots: 0, counter: 8, trialCounter: 8, code: CODE_OK, offer: "" },
  });
  assert.is(slots.settled, true, "the loader waits no more");
});

test("until a trial is confirmed no other update is begun: the other slot is the way back", () => {
  const { bench, cloud } = startOwned();
  writeSlotRecord(bench, { active: "b", trial: "a", boots: 1 });
  const offer = createOffer(NEXT);
  const { cloud: busy, bench: again } = restart(bench, cloud);
  again.flash.stuck = new Set(Array.from({ length: again.flash.bytes.length }, (_, at) => at));
  again.clock.advance(10_000);
  busy.send({ name: "offer", value: offer });
  again.clock.advance(1000);
  assert.equal([busy.list("update").at(-1)?.phase, busy.list("update").at(-1)?.code], ["refused", CODE_UPDATE_BUSY]);
  assert.equal(again.slots.writes, []);
  assert.ok(again.findLine(`fault code=${CODE_STORE_FULL} about=trial`), "it could not be confirmed");
});

test("a trial that was given up is told once, under the name of its offer [UPDATE-5]", () => {
  const { bench, cloud } = startOwned();
  writeSlotRecord(bench, { code: CODE_UPDATE_ROLLED_BACK, offer: OTHER.id });
  const first = restart(bench, cloud);
  first.bench.clock.advance(10_000);
  assert.equal(first.cloud.list("update"), [
    { id: OTHER.id, phase: "refused", code: CODE_UPDATE_ROLLED_BACK, received: 0 },
  ]);
  const second = restart(first.bench, first.cloud);
  second.bench.clock.advance(10_000);
  assert.equal(second.cloud.list("update"), []);
});

test("a factory reset leaves the record of the slots: it is the trap's and not the owner's", () => {
  const { bench } = startOwned();
  writeSlotRecord(bench, { counter: 41 });
  const again = restart(bench, createCloudDouble(bench)).bench;
  again.setButton(true);
  again.clock.advance(12_000);
  again.setButton(false);
  again.clock.advance(10_000);
  assert.is(again.reboots, 1);
  assert.is(readSlotRecord(again)?.counter, 41);
});

/** The same trap after a boot, with a cloud of its own. */
function restart({ flash, slots }: TestBench, before: ReturnType<typeof createCloudDouble>) {
  const bench = createTestBench({ wired: true, flash: createTestFlash(15, 4096, flash.bytes), slots });
  const cloud = createCloudDouble(bench);
  cloud.firmware = before.firmware;
  bench.boot();
  return { bench, cloud };
}

test("chunks that fail are tried again, and the update goes on where it was", () => {
  const { bench, cloud } = startOwned();
  cloud.firmware = NEXT.file;
  const { onRequest } = bench;
  let count = 0;
  bench.onRequest = (request) => {
    if (request.method !== "GET") return onRequest(request);
    count += 1;
    if (count % 3 === 1) return { status: 503, body: "", error: "" };
    if (count % 3 === 2) return { status: 200, body: "short", error: "" };
    return onRequest(request);
  };
  cloud.send({ name: "offer", value: createOffer(NEXT) });
  bench.clock.advance(120_000);
  assert.is(count, 3 * Math.ceil(NEXT.file.length / 1024));
  assert.is(bench.slots.bytes.b.toString("latin1", 0, NEXT.file.length), NEXT.file);
  assert.is(bench.reboots, 1);
});

function createRun() {
  let update = createUpdate();
  let now = 0;
  return {
    update: () => update,
    at(ms: number): void {
      now = ms;
    },
    take(input: UpdateInput): string[] {
      const outcome = applyUpdate(update, input, now, 0);
      update = outcome.state;
      return outcome.effects.map((effect) =>
        effect.name === "publish-progress" ? `${effect.phase} ${effect.code}` : effect.name,
      );
    },
    offer(offer: UpdateOffer) {
      return this.take({ name: "offered", offer, runningSha256: "" });
    },
    fail() {
      return this.take({ name: "answer-came", request: update.request, status: 0, body: "" });
    },
    chunk(body: string) {
      return this.take({ name: "answer-came", request: update.request, status: 200, body });
    },
  };
}

test("given up after enough failures in a row, an update that is offered again goes on where it was", () => {
  const run = createRun();
  assert.equal(run.offer(createOffer(NEXT)), ["accepted 0", "fetch-chunk"]);
  assert.equal(run.chunk(NEXT.file.slice(0, 1024)), ["write-chunk", "fetch-chunk"]);
  for (let i = 1; i < CHUNK_TRIES_MAX; i++) {
    assert.equal(run.fail(), [], `failure ${i}`);
    run.at(run.update().wakeAt);
    assert.equal(run.take({ name: "time-passed" }), ["fetch-chunk"]);
  }
  assert.equal(run.fail(), [`refused ${CODE_UPDATE_DOWNLOAD_FAILED}`]);
  assert.equal(run.offer(createOffer(NEXT, OTHER)), ["accepted 0", "fetch-chunk"]);
  assert.is(run.update().received, 1024);
});

test("another bundle is begun from its beginning", () => {
  const run = createRun();
  run.offer(createOffer(NEXT));
  run.chunk(NEXT.file.slice(0, 1024));
  for (let i = 0; i < CHUNK_TRIES_MAX; i++) run.fail();
  assert.equal(run.offer(createOffer(readSignedFile(9))), ["accepted 0", "fetch-chunk"]);
  assert.is(run.update().received, 0);
});

test("while one is under way another is refused, and the same one delivered again changes nothing", () => {
  const run = createRun();
  run.offer(createOffer(NEXT));
  assert.equal(run.offer(createOffer(readSignedFile(9), OTHER)), [`refused ${CODE_UPDATE_BUSY}`]);
  assert.equal(run.offer(createOffer(NEXT)), []);
  assert.is(run.update().name, "fetching");
});

test("too large is refused before anything is asked for", () => {
  assert.equal(createRun().offer(createOffer(NEXT, { size: SIGNED_FIRMWARE_BYTES_MAX + 1 })), [
    `refused ${CODE_UPDATE_TOO_LARGE}`,
  ]);
});

test("an answer that comes too late, or for another request, is none", () => {
  const run = createRun();
  run.offer(createOffer(NEXT));
  const { request } = run.update();
  run.at(CHUNK_MS);
  assert.equal(run.take({ name: "time-passed" }), ["fetch-chunk"], "it is asked for again");
  assert.equal(run.take({ name: "answer-came", request, status: 200, body: NEXT.file.slice(0, 1024) }), []);
  run.take({ name: "owner-left" });
  assert.equal([run.chunk(NEXT.file.slice(0, 1024)), run.update().name], [[], "idle"]);
});

test("[UPDATE-2] a power cut in the middle leaves what ran; offered again, it is fetched from the beginning", () => {
  const first = startOwned();
  first.cloud.firmware = NEXT.file;
  const { onRequest } = first.bench;
  first.bench.onRequest = (request) => (request.path.endsWith("/3") ? null : onRequest(request));
  first.cloud.send({ name: "offer", value: createOffer(NEXT) });
  first.bench.clock.advance(50);
  const { bench, cloud } = restart(first.bench, first.cloud);
  bench.clock.advance(100);
  assert.is(cloud.list("hello")[0]?.sha256, readSignedFile(7).sha256);
  assert.equal(cloud.list("update"), [], "it knows of no update");
  cloud.send({ name: "offer", value: createOffer(NEXT) });
  bench.clock.advance(2000);
  assert.is(bench.slots.bytes.b.toString("latin1", 0, NEXT.file.length), NEXT.file);
  assert.equal([readSlotRecord(bench)?.trial, bench.reboots], ["b", 1]);
});

test("a connection that breaks during the update does not; the new one is told how far it is", () => {
  const { bench, cloud } = startOwned();
  cloud.firmware = NEXT.file;
  const { onRequest } = bench;
  bench.onRequest = (request) => (request.path.endsWith("/3") ? null : onRequest(request));
  cloud.send({ name: "offer", value: createOffer(NEXT) });
  bench.clock.advance(50);
  bench.sockets.at(-1)!.handlers.closed("gone");
  cloud.received = [];
  bench.clock.advance(2000);
  assert.equal(
    cloud.list("update").map((progress) => `${progress.phase} ${progress.received}`),
    ["accepted 3072"],
  );
  bench.onRequest = onRequest;
  bench.clock.advance(60_000);
  assert.is(bench.reboots, 1);
});
