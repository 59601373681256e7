// The embedded PostgreSQL with several in it: commands beside each other and beside a program, a server that is kept, and ending one
// from outside. The last one out stops it.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import {
  type EmbeddedPostgres,
  joinEmbeddedPostgres,
  startEmbeddedPostgres,
} from "../../../../cloud/db/embedded/embedded.ts";
import { isAlive } from "../../../../cloud/db/embedded/postmaster.ts";
import { findRunningServer, stopEmbeddedPostgres } from "../../../../cloud/db/embedded/stop-embedded.ts";
import { eventually } from "../../../support/eventually.ts";
import { suite } from "../../../support/suite.ts";
import { testLog as log } from "../../../support/test-log.ts";

const test = suite("embedded PostgreSQL, shared");
const PROGRAM = path.join(import.meta.dirname, "embedded-program.ts");
const ROOT = path.resolve(import.meta.dirname, "../../../..");
let folder: string;
let dataDir: string;
const children: ChildProcessWithoutNullStreams[] = [];

test.before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-joined-"));
  dataDir = path.join(folder, "db");
});
test.after(async () => {
  for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
  await stopEmbeddedPostgres(dataDir, true);
  fs.rmSync(folder, { recursive: true, force: true });
});

const join = (): Promise<EmbeddedPostgres> => joinEmbeddedPostgres({ dataDir, durable: false, log });
const start = (): Promise<EmbeddedPostgres> => startEmbeddedPostgres({ dataDir, durable: false, log });

/** Another program that joins, up to where it says which server it is in. */
async function startJoiner() {
  const child = spawn(process.execPath, ["--import", "tsx", PROGRAM, dataDir, "join"], { cwd: ROOT });
  children.push(child);
  let printed = "";
  child.stdout.on("data", (data: Buffer) => {
    printed += String(data);
  });
  const line = await eventually(() => /^{.*}$/m.exec(printed)?.[0], { withinMs: 15_000, because: "it has joined" });
  return { child, said: JSON.parse(line) as { pid: number; adopted: boolean } };
}

async function waitForEnd(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

test("three that come at once to an empty folder share one server, and the last to leave stops it", async () => {
  const joiners = await Promise.all([startJoiner(), startJoiner(), startJoiner()]);
  const pid = joiners[0].said.pid;
  assert.equal(
    joiners.map((one) => one.said.pid),
    [pid, pid, pid],
  );
  assert.is(joiners.filter((one) => !one.said.adopted).length, 1, "one has started it");
  for (const { child } of joiners) {
    assert.ok(isAlive(pid), "it runs while anybody is in");
    child.stdin.end();
    await waitForEnd(child);
  }
  assert.not(isAlive(pid));
});

test("two that leave at the same moment do not both think that the other one stays", async () => {
  for (let round = 0; round < 5; round++) {
    const one = await join();
    const other = await join();
    await Promise.all([one.stop(), other.stop()]);
    assert.not(isAlive(one.pid), `round ${round}`);
  }
});

test("a command joins the server of a program, and leaves it running", async () => {
  const program = await start();
  const command = await join();
  assert.is(command.pid, program.pid);
  assert.is(command.adopted, true);
  await command.stop();
  assert.ok(isAlive(program.pid));
  await program.stop();
  assert.not(isAlive(program.pid));
});

test("a program that ends leaves the server to the command that is still in, which then stops it", async () => {
  const program = await start();
  const command = await join();
  await program.stop();
  assert.ok(isAlive(program.pid));
  const next = await start();
  assert.is(next.pid, program.pid, "and does not keep the next program out");
  await next.stop();
  await command.stop();
  assert.not(isAlive(program.pid));
});

test("the server of a killed command is stopped by the next one", async () => {
  const { child, said } = await startJoiner();
  child.kill("SIGKILL");
  await waitForEnd(child);
  assert.ok(isAlive(said.pid));
  const next = await join();
  assert.is(next.pid, said.pid);
  await next.stop();
  assert.not(isAlive(said.pid));
});

test("a server that is kept stays, also when a program has used it, until it is stopped", async () => {
  const first = await join();
  await first.keep();
  await first.stop();
  assert.is((await findRunningServer(dataDir))?.kept, true);
  const program = await start();
  assert.is(program.pid, first.pid);
  await program.stop();
  assert.ok(isAlive(first.pid));
  assert.is(await stopEmbeddedPostgres(dataDir, false), "stopped");
  assert.not(isAlive(first.pid));
  assert.is(await stopEmbeddedPostgres(dataDir, false), "not-running");
  const next = await join();
  assert.is((await findRunningServer(dataDir))?.kept, false, "the wish ended with the server");
  await next.stop();
  assert.is(await findRunningServer(dataDir), null);
});

test("a server that somebody is in is stopped by force alone, and whoever was in can still leave", async () => {
  const program = await start();
  assert.is(await stopEmbeddedPostgres(dataDir, false), "in-use");
  assert.ok(isAlive(program.pid));
  assert.is(await stopEmbeddedPostgres(dataDir, true), "stopped");
  assert.not(isAlive(program.pid));
  await program.stop();
});
