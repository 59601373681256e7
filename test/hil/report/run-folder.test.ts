// The folder of a run: events as they come, reports at the end however it ended, and words where the disk has no room. [BENCH-13]
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { createSimClock } from "../../../hil/clock.ts";
import { HilError } from "../../../hil/error.ts";
import { createRunFolder, type FolderFs, readRun, writeReports } from "../../../hil/report/run-folder.ts";
import { createEventStream } from "../../../hil/steps/event-stream.ts";
import type { EventStream, HilEvent } from "../../../hil/steps/events.ts";
import { eventually } from "../../support/eventually.ts";
import { getRejection } from "../../support/rejection.ts";
import { suite } from "../../support/suite.ts";
import { parseStrictXml } from "./strict-xml.ts";
import { type ToldRunOptions, tellRun } from "./told-run.ts";

const test = suite("folder of a run");
const made: string[] = [];

test.after.each(() => {
  for (const folder of made.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
});

function makeFolder(): string {
  const folder = fs.mkdtempSync(path.join(tmpdir(), "trapline-run-"));
  made.push(folder);
  return path.join(folder, "runs", "1");
}

function tell(stream: EventStream, options: ToldRunOptions = {}): void {
  for (const { at: _at, ...body } of tellRun(options)) stream.publish(body);
}

async function start(folder: string, files?: FolderFs) {
  const stream = createEventStream({ clock: createSimClock() });
  const failures: HilError[] = [];
  const onFailure = (error: HilError) => void failures.push(error);
  const run = await createRunFolder({ folder, stream, onFailure, ...(files && { fs: files }) });
  return { stream, failures, run };
}

test("events stand in the file while the run goes on, and the reports beside it when it has ended", async () => {
  const folder = makeFolder();
  const { stream, failures, run } = await start(folder);
  stream.publish({ type: "remarked", level: "info", text: "one" });
  const readEvents = () => fs.readFileSync(path.join(folder, "events.jsonl"), "utf8");
  await eventually(() => readEvents().includes('"one"'), { withinMs: 5_000, because: "the event to be written" });
  tell(stream);
  await run.finish();
  assert.equal(failures, []);
  assert.equal(fs.readdirSync(folder).sort(), ["events.jsonl", "junit.xml", "report.html", "report.json"]);
  const events: HilEvent[] = readEvents()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.is(events.at(-1)?.type, "run-ended");
  const report = JSON.parse(fs.readFileSync(path.join(folder, "report.json"), "utf8"));
  assert.is(report.summary.isPartial, false);
  assert.is(report.summary.cases, 14);
  assert.is(report.summary.exitStatus, 1);
  parseStrictXml(fs.readFileSync(path.join(folder, "junit.xml"), "utf8"));
});

test("a run that was cut off leaves reports that say they are partial, and they can be made again of its events", async () => {
  const folder = makeFolder();
  const { stream, run } = await start(folder);
  tell(stream, { isCut: true });
  await run.finish();
  const read = () => JSON.parse(fs.readFileSync(path.join(folder, "report.json"), "utf8"));
  const report = read();
  assert.is(report.summary.isPartial, true);
  assert.is(report.summary.outcome, "interrupted");
  assert.is(report.summary.exitStatus, 3);
  assert.match(fs.readFileSync(path.join(folder, "report.html"), "utf8"), "This report is partial");
  // As after a power cut: half a line at the end, and no report.
  fs.rmSync(path.join(folder, "report.json"));
  fs.appendFileSync(path.join(folder, "events.jsonl"), '{"type":"rem');
  await writeReports(folder, await readRun(folder));
  assert.equal(read(), report);
});

test("a disk that fills up while the run goes on is told once, in words, and the reports are still tried", async () => {
  if (!fs.existsSync("/dev/full")) test.skip("has no /dev/full");
  const folder = makeFolder();
  fs.mkdirSync(folder, { recursive: true });
  fs.symlinkSync("/dev/full", path.join(folder, "events.jsonl"));
  const { stream, failures, run } = await start(folder);
  tell(stream);
  await eventually(() => failures.length > 0, { withinMs: 5_000, because: "the full disk to be told of" });
  tell(stream);
  const error = await getRejection(run.finish());
  assert.is(failures.length, 1);
  assert.is(error, failures[0]);
  assert.ok(error instanceof HilError);
  assert.is(error.kind, "infrastructure");
  assert.is(error.code, "disk-full");
  assert.match(error.message, /the disk is full: .*events\.jsonl cannot be written; make room/);
  assert.ok(fs.existsSync(path.join(folder, "report.html")));
});

test("a disk that has no room for the reports is told of, and none is left half written", async () => {
  const written: string[] = [];
  const full = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  const files: FolderFs = {
    mkdir: async () => undefined,
    openToAppend: async () => ({ write: async () => undefined, close: async () => undefined }),
    writeWhole: async (file) => {
      if (file.endsWith("html")) throw full;
      written.push(path.basename(file));
    },
  };
  const { stream, run } = await start("nowhere", files);
  tell(stream);
  const error = await getRejection(run.finish());
  assert.match(String(error), /the disk is full: .*report\.html/);
  assert.equal(written, ["junit.xml", "report.json"]);
});

test("a folder that cannot be made is refused at once", async () => {
  const folder = makeFolder();
  fs.writeFileSync(path.dirname(folder), "a file in its place");
  const error = await getRejection(start(folder));
  assert.ok(error instanceof HilError);
  assert.is(error.code, "run-folder-failed");
  assert.match(String(await getRejection(readRun(folder))), /there is no run in/);
});
