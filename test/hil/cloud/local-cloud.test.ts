// The bench's own cloud as its child: found at the same address after every start, and gone with the bench, however that ends.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { createWallClock } from "../../../hil/clock.ts";
import { type ChildProgram, startChild } from "../../../hil/drivers/child/child-program.ts";
import type { BenchCloud } from "../../../hil/drivers/cloud/bench-cloud.ts";
import { openLocalCloud } from "../../../hil/drivers/cloud/open-cloud.ts";
import { HilError } from "../../../hil/error.ts";
import { createProgramEnvironment } from "../../support/config.ts";
import { eventually } from "../../support/eventually.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { getRejection } from "../../support/rejection.ts";
import { suite } from "../../support/suite.ts";

const test = suite("a cloud of the bench's own", { limitMs: 60_000, fileLimitMs: 180_000 });
const ROOT = path.resolve(import.meta.dirname, "../../..");
const clock = createWallClock();
let folder: string;
let database: TestDatabase;
let child: ChildProgram | undefined;
let cloud: BenchCloud | undefined;

test.before(async () => {
  database = await createTestDatabase();
});
test.before.each(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-hil-cloud-"));
});
test.after.each(async () => {
  await child?.stop(0);
  await cloud?.close();
  child = undefined;
  cloud = undefined;
  fs.rmSync(folder, { recursive: true, force: true });
});
test.after(() => database.stop());

function open(databaseUrl: string | undefined): Promise<BenchCloud> {
  const remarks = (text: string): void => assert.unreachable(text);
  const given = { root: ROOT, folder, host: "127.0.0.1", firmwareKeys: [], clock, databaseUrl, onRemark: remarks };
  return openLocalCloud({ ...given, environment: createProgramEnvironment() });
}

async function startBench(databaseUrl?: string): Promise<{ url: string; bench: ChildProgram }> {
  const words = ["test/hil/cloud/cloud-program.ts", folder, ...(databaseUrl === undefined ? [] : [databaseUrl])];
  const bench = startChild({ name: "a bench", root: ROOT, words, environment: createProgramEnvironment(), clock });
  child = bench;
  const { url } = JSON.parse(await bench.firstLine(50_000)) as { url: string };
  return { url, bench };
}

async function refusal(promise: Promise<unknown>): Promise<HilError> {
  const thrown = await getRejection(promise);
  assert.instance(thrown, HilError);
  return thrown as HilError;
}

const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/api/v1/health`).then(
    (answer) => answer.ok,
    () => false,
  );

test("killed and started again it is the same cloud at the same address, and people follow it again [BENCH-61]", async () => {
  cloud = await open(database.url);
  const person = await cloud.createPerson({ called: "owner", clock });
  await person.follow();
  await eventually(() => person.find(0, "ready", () => true), { withinMs: 5_000, because: "the stream is open" });
  const from = person.mark();
  await cloud.process?.kill();
  assert.not(cloud.process?.isUp());
  assert.not(await answers(cloud.url));
  await cloud.process?.start();
  assert.equal(await person.listDevices(), []);
  await eventually(() => person.find(from, "ready", () => true), {
    withinMs: 5_000,
    because: "the stream is open again",
  });
  person.close();
});

test("its secrets are its owner's alone, and stay", async () => {
  cloud = await open(database.url);
  const file = path.join(folder, "secrets.json");
  assert.is(fs.statSync(file).mode & 0o777, 0o600);
  const before = fs.readFileSync(file, "utf8");
  const door = await cloud.openDoor("bench-1", () => undefined);
  await cloud.close();
  cloud = await open(database.url);
  assert.is(fs.readFileSync(file, "utf8"), before);
  assert.is((await cloud.openDoor("bench-1", () => undefined)).port, door.port, "what boards were flashed with");
});

test("secrets that cannot be read are never drawn anew", async () => {
  fs.writeFileSync(path.join(folder, "secrets.json"), "{ half a fi");
  const error = await refusal(open(database.url));
  assert.match(error.message, /put it back from a copy/);
});

test("it ends with the bench that is killed [BENCH-61]", async () => {
  const { url, bench } = await startBench(database.url);
  assert.ok(await answers(url));
  bench.signal("SIGKILL");
  await bench.ended;
  await eventually(async () => !(await answers(url)), { withinMs: 15_000, because: "the cloud has ended too" });
});

test("a database server that a killed bench left is taken over, and ended by the last who leaves", async () => {
  const { bench } = await startBench();
  bench.signal("SIGKILL");
  await bench.ended;
  cloud = await open(undefined);
  await cloud.createPerson({ called: "owner", clock });
  await cloud.close();
  cloud = undefined;
  const file = path.join(folder, "postgres", "cluster", "postmaster.pid");
  assert.not(fs.existsSync(file), "nothing runs on the data any more");
});

test("a start that fails says what the cloud said last", async () => {
  const error = await refusal(open(database.url.replace(/\/[^/]*$/, "/nowhere")));
  assert.is(error.code, "cloud-not-started");
  assert.match(error.message, /nowhere/);
});
