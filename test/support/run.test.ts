// The command itself: what it prints, what it returns, what it leaves behind.
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { eventually } from "./eventually.ts";
import { suite } from "./suite.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const RUN = path.join(import.meta.dirname, "run.ts");
const test = suite("npm test");

interface Running {
  pid: number;
  lines(): string[];
  interrupt(): void;
  ended: Promise<number | null>;
}

function start(args: string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, ["--import", "tsx", ...args], {
    cwd: ROOT,
    // Not the server of the run this test belongs to: the command has to get one by itself.
    env: { PATH: path.dirname(process.execPath), HOME: os.homedir(), TMPDIR: os.tmpdir(), ...env },
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data: Buffer) => {
      printed += String(data);
    });
  }
  return {
    pid: child.pid ?? 0,
    lines: () => printed.trim().split("\n"),
    interrupt: () => void child.kill("SIGINT"),
    ended: once(child, "close").then(() => child.exitCode),
  };
}

test("it ends with the plain line of counts", async () => {
  const run = start([RUN, "support/eventually"]);
  assert.is(await run.ended, 0);
  assert.match(run.lines().at(-1) ?? "", /^\d+ passed, 0 failed, 0 skipped$/);
});

test("with --json every line is JSON, and the last one is the summary", async () => {
  const run = start([RUN, "--json", "support/eventually"]);
  assert.is(await run.ended, 0);
  const lines = run.lines().map((line) => JSON.parse(line));
  const summary = lines.pop();
  assert.equal(Object.keys(summary), ["ok", "cases", "failures", "skipped", "ms"]);
  assert.is(summary.ok, true);
  assert.is(summary.cases, lines.length);
  assert.equal(Object.keys(lines[0]), ["file", "suite", "name", "outcome", "ms", "detail"]);
});

test("a filter that matches nothing ends with 1", async () => {
  const run = start([RUN, "no-such-file-anywhere"]);
  assert.is(await run.ended, 1);
  assert.is(run.lines().at(-1), "0 passed, 1 failed, 0 skipped");
});

test("a missing package is a skip on somebody's machine and a failure under TRAPLINE_CI=1", async () => {
  const fixture = path.join(import.meta.dirname, "fixtures", "package-missing.fixture.ts");
  const atHome = start([fixture]);
  assert.is(await atHome.ended, 0);
  assert.is(atHome.lines().at(-1), "0 passed, 0 failed, 1 skipped");
  const inCi = start([fixture], { TRAPLINE_CI: "1" });
  assert.is(await inCi.ended, 1);
  assert.is(inCi.lines().at(-1), "0 passed, 1 failed, 0 skipped");
});

test("interrupted, it fails, and neither server nor data stay behind", async () => {
  const run = start([RUN, "cloud/db/connection"]);
  const ours = () => fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith(`trapline-test-${run.pid}-`));
  await eventually(() => ours().some((name) => fs.existsSync(path.join(os.tmpdir(), name, "db", "postgres.log"))), {
    withinMs: 15_000,
    because: "the run has started its server",
  });
  run.interrupt();
  assert.is(await run.ended, 1);
  assert.match(run.lines().at(-1) ?? "", /^\d+ passed, [1-9]\d* failed, /);
  assert.equal(ours(), []);
});
