// The update machine by scripts, and the whole way of an update on the device.
import * as assert from "uvu/assert";
import {
  CODE_UPDATE_ALREADY_RUNNING,
  CODE_UPDATE_BUSY,
  CODE_UPDATE_DOWNLOAD_FAILED,
  CODE_UPDATE_NO_ROOM,
  CODE_UPDATE_TOO_LARGE,
  CODE_UPDATE_WRONG_HASH,
  FIRMWARE_BYTES_MAX,
  FIRMWARE_CHUNK_BYTES_MAX,
  type UpdateOffer,
} from "#protocol";
import {
  applyUpdate,
  CHUNK_MS,
  CHUNK_TRIES_MAX,
  createUpdate,
  type UpdateInput,
} from "../../firmware/update/update.ts";
import { suite } from "../support/suite.ts";
import { createCloudDouble, startOwned } from "./cloud-double.ts";
import { createTestBench, createTestFlash, sha256Hex } from "./ports-double.ts";

const test = suite("update");
const BUNDLE = Array.from({ length: 5000 }, (_, i) => String.fromCharCode(i % 251)).join("");

function createOffer(bytes: string, rest: Partial<UpdateOffer> = {}): UpdateOffer {
  return {
    id: "44444444-4444-4444-8444-444444444444",
    firmware: "55555555-5555-4555-8555-555555555555",
    ...{ version: "1.1.0", size: bytes.length, sha256: sha256Hex(bytes), chunk: FIRMWARE_CHUNK_BYTES_MAX, ...rest },
  };
}

const OTHER = { id: "66666666-6666-4666-8666-666666666666" };

test("offered, fetched in chunks, checked, activated, booted", () => {
  const { bench, cloud } = startOwned();
  cloud.firmware = BUNDLE;
  const offer = createOffer(BUNDLE);
  cloud.send({ name: "offer", value: offer });
  bench.clock.advance(100);
  assert.equal(
    cloud.list("update").map((progress) => `${progress.phase} ${progress.code} ${progress.received}`),
    ["accepted 0 0", "verified 0 5000"],
  );
  const chunks = bench.requests.filter((request) => request.method === "GET").map((request) => request.path);
  assert.equal(
    chunks,
    [0, 1, 2, 3, 4].map((n) => `/device/v1/firmware/${offer.firmware}/chunks/${n}`),
  );
  assert.equal([bench.slots.other, bench.slots.activated, bench.reboots], [BUNDLE, true, 0]);
  bench.clock.advance(1100);
  assert.is(bench.reboots, 1);
});

for (const [name, offer, change, code] of [
  ["what already runs", createOffer("the bundle that runs"), () => undefined, CODE_UPDATE_ALREADY_RUNNING],
  ["no room", createOffer(BUNDLE), (bench) => (bench.slots.hasRoom = false), CODE_UPDATE_NO_ROOM],
  [
    "another hash than the bytes have",
    createOffer(BUNDLE, OTHER),
    (_b, cloud) => (cloud.firmware = BUNDLE.replace("\x01", "\x02")),
    CODE_UPDATE_WRONG_HASH,
  ],
] as [
  string,
  UpdateOffer,
  (bench: ReturnType<typeof startOwned>["bench"], cloud: ReturnType<typeof startOwned>["cloud"]) => void,
  number,
][]) {
  test(`[UPDATE-2] refused, and nothing activated: ${name}`, () => {
    const { bench, cloud } = startOwned();
    cloud.firmware = BUNDLE;
    change(bench, cloud);
    cloud.send({ name: "offer", value: offer });
    bench.clock.advance(1000);
    const last = cloud.list("update").at(-1);
    assert.equal([last?.id, last?.phase, last?.code], [offer.id, "refused", code]);
    bench.clock.advance(60_000);
    assert.equal([bench.slots.activated, bench.reboots], [false, 0]);
  });
}

test("chunks that fail are tried again, and the update goes on where it was", () => {
  const { bench, cloud } = startOwned();
  cloud.firmware = BUNDLE;
  const { onRequest } = bench;
  let count = 0;
  bench.onRequest = (request) => {
    if (request.method !== "GET") return onRequest(request);
    count += 1;
    if (count % 3 === 1) return { status: 503, body: "", error: "" };
    if (count % 3 === 2) return { status: 200, body: "short", error: "" };
    return onRequest(request);
  };
  cloud.send({ name: "offer", value: createOffer(BUNDLE) });
  bench.clock.advance(60_000);
  assert.is(count, 15);
  assert.is(bench.slots.other, BUNDLE);
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
  assert.equal(run.offer(createOffer(BUNDLE)), ["accepted 0", "prepare-slot"]);
  run.take({ name: "slot-prepared", ok: true });
  assert.equal(run.chunk(BUNDLE.slice(0, 1024)), ["write-chunk", "fetch-chunk"]);
  for (let i = 1; i < CHUNK_TRIES_MAX; i++) {
    assert.equal(run.fail(), [], `failure ${i}`);
    run.at(run.update().wakeAt);
    assert.equal(run.take({ name: "time-passed" }), ["fetch-chunk"]);
  }
  assert.equal(run.fail(), [`refused ${CODE_UPDATE_DOWNLOAD_FAILED}`]);
  assert.equal(run.offer(createOffer(BUNDLE, OTHER)), ["accepted 0", "fetch-chunk"]);
  assert.is(run.update().received, 1024);
});

test("another bundle is begun from its beginning", () => {
  const run = createRun();
  run.offer(createOffer(BUNDLE));
  run.take({ name: "slot-prepared", ok: true });
  run.chunk(BUNDLE.slice(0, 1024));
  for (let i = 0; i < CHUNK_TRIES_MAX; i++) run.fail();
  assert.equal(run.offer(createOffer(`${BUNDLE}!`)), ["accepted 0", "prepare-slot"]);
  assert.is(run.update().received, 0);
});

test("while one is under way another is refused, and the same one delivered again changes nothing", () => {
  const run = createRun();
  run.offer(createOffer(BUNDLE));
  assert.equal(run.offer(createOffer("other", OTHER)), [`refused ${CODE_UPDATE_BUSY}`]);
  assert.equal(run.offer(createOffer(BUNDLE)), []);
  assert.is(run.update().name, "preparing");
});

test("too large is refused before anything is erased", () => {
  assert.equal(createRun().offer(createOffer(BUNDLE, { size: FIRMWARE_BYTES_MAX + 1 })), [
    `refused ${CODE_UPDATE_TOO_LARGE}`,
  ]);
});

test("an answer that comes too late, or for another request, is none", () => {
  const run = createRun();
  run.offer(createOffer(BUNDLE));
  run.take({ name: "slot-prepared", ok: true });
  const { request } = run.update();
  run.at(CHUNK_MS);
  assert.equal(run.take({ name: "time-passed" }), ["fetch-chunk"], "it is asked for again");
  assert.equal(run.take({ name: "answer-came", request, status: 200, body: BUNDLE.slice(0, 1024) }), []);
  run.take({ name: "owner-left" });
  assert.equal([run.chunk(BUNDLE.slice(0, 1024)), run.update().name], [[], "idle"]);
});

test("[UPDATE-2] a power cut in the middle leaves what ran; offered again, it is fetched from the beginning", () => {
  const first = startOwned();
  first.cloud.firmware = BUNDLE;
  const { onRequest } = first.bench;
  first.bench.onRequest = (request) => (request.path.endsWith("/3") ? null : onRequest(request));
  first.cloud.send({ name: "offer", value: createOffer(BUNDLE) });
  first.bench.clock.advance(50);
  const flash = createTestFlash(15, 4096, first.bench.flash.bytes);
  const bench = createTestBench({ wired: true, flash });
  const cloud = createCloudDouble(bench);
  cloud.firmware = BUNDLE;
  bench.boot();
  bench.clock.advance(100);
  assert.is(cloud.list("hello")[0]?.sha256, sha256Hex(bench.slots.running));
  assert.equal(cloud.list("update"), [], "it knows of no update");
  cloud.send({ name: "offer", value: createOffer(BUNDLE) });
  bench.clock.advance(2000);
  assert.equal([bench.slots.other, bench.slots.activated, bench.reboots], [BUNDLE, true, 1]);
});

test("a connection that breaks during the update does not; the new one is told how far it is", () => {
  const { bench, cloud } = startOwned();
  cloud.firmware = BUNDLE;
  const { onRequest } = bench;
  bench.onRequest = (request) => (request.path.endsWith("/3") ? null : onRequest(request));
  cloud.send({ name: "offer", value: createOffer(BUNDLE) });
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
