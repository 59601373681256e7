// The embedded PostgreSQL as real processes: kept, adopted, refused, run by others, and gone after its stop.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import pg from "pg";
import * as assert from "uvu/assert";
import { DbStartError } from "../../../../cloud/db/embedded/db-start-error.ts";
import {
  type EmbeddedOptions,
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from "../../../../cloud/db/embedded/embedded.ts";
import { canEnter, parsePasswd } from "../../../../cloud/db/embedded/embedded-account.ts";
import { isAlive } from "../../../../cloud/db/embedded/postmaster.ts";
import { eventually } from "../../../support/eventually.ts";
import { getRejection } from "../../../support/rejection.ts";
import { skip, suite } from "../../../support/suite.ts";
import { testLog as log } from "../../../support/test-log.ts";

const test = suite("embedded PostgreSQL");
const PROGRAM = path.join(import.meta.dirname, "embedded-program.ts");
const ROOT = path.resolve(import.meta.dirname, "../../../..");
let folder: string;
/** Made by the first test and kept between starts, as a user's would be. */
let dataDir: string;

test.before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-embedded-"));
  dataDir = path.join(folder, "deeper", "db");
});
test.after(() => fs.rmSync(folder, { recursive: true, force: true }));

async function withPostgres<T>(
  more: Partial<EmbeddedOptions>,
  fn: (postgres: EmbeddedPostgres) => Promise<T>,
): Promise<T> {
  const postgres = await startEmbeddedPostgres({ dataDir, durable: false, log, ...more });
  try {
    return await fn(postgres);
  } finally {
    await postgres.stop();
    assert.not(isAlive(postgres.pid), "the server is gone after stop()");
  }
}

async function runQuery(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text, rowMode: "array" })).rows.flat();
  } finally {
    await client.end();
  }
}

async function getStartError(more: Partial<EmbeddedOptions>): Promise<DbStartError> {
  const error = await getRejection(startEmbeddedPostgres({ dataDir, durable: false, log, ...more }));
  assert.ok(error instanceof DbStartError, String(error));
  return error;
}

interface Program {
  child: ChildProcessWithoutNullStreams;
  /** What the program printed when the server was up or refused. */
  said: { pid: number; url: string; adopted: boolean; uid: number; code?: string; message?: string };
}

async function startProgram(dir: string, account: { uid?: number; gid?: number } = {}): Promise<Program> {
  const child = spawn(process.execPath, ["--import", "tsx", PROGRAM, dir], { cwd: ROOT, ...account });
  let printed = "";
  let complaints = "";
  child.stdout.on("data", (data: Buffer) => {
    printed += String(data);
  });
  child.stderr.on("data", (data: Buffer) => {
    complaints += String(data);
  });
  const answer = () => {
    const line = /^{.*}$/m.exec(printed)?.[0];
    if (line === undefined && child.exitCode !== null)
      throw new Error(`it ended with ${child.exitCode}: ${complaints}`);
    return line;
  };
  const line = await eventually(answer, { withinMs: 15_000, because: "the program says how starting the server went" });
  return { child, said: JSON.parse(line) };
}

async function waitForEnd(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
}

test("the first start makes the data, the second keeps them, and the server survives neither stop", async () => {
  await withPostgres({}, async ({ url, adopted }) => {
    assert.is(adopted, false);
    await runQuery(url, "CREATE TABLE kept AS SELECT 'a trap' AS words");
  });
  await withPostgres({}, async ({ url, adopted }) => {
    assert.is(adopted, false);
    assert.equal(await runQuery(url, "SELECT words FROM kept"), ["a trap"]);
  });
});

test("it listens on this machine alone, wants its password, folds the case of every letter, and keeps time in UTC", async () => {
  await withPostgres({}, async ({ url }) => {
    const facts = await runQuery(
      url,
      `SELECT current_setting('listen_addresses'), current_setting('unix_socket_directories'),
        current_setting('server_encoding'), current_setting('timezone'), lower('ÄÉΣ')`,
    );
    assert.equal(facts, ["127.0.0.1", "", "UTF8", "UTC", "äéσ"]);
    const wrong = new URL(url);
    wrong.password = "guess";
    assert.match(String(await getRejection(runQuery(wrong.href, "SELECT 1"))), /password authentication failed/);
    assert.is(fs.statSync(path.join(dataDir, "password")).mode & 0o777, 0o600);
  });
});

test("it is safe against a power cut unless told otherwise", async () => {
  await withPostgres({ durable: true }, async ({ url }) => {
    assert.equal(await runQuery(url, "SHOW fsync"), ["on"]);
  });
});

test("a server whose program was killed is taken over by the next start", async () => {
  const killed = await startProgram(dataDir);
  killed.child.kill("SIGKILL");
  await waitForEnd(killed.child);
  assert.ok(isAlive(killed.said.pid), "the server outlives its program");
  await withPostgres({}, async (postgres) => {
    assert.is(postgres.adopted, true);
    assert.is(postgres.pid, killed.said.pid);
    assert.equal(await runQuery(postgres.url, "SELECT words FROM kept"), ["a trap"]);
  });
});

test("a server left behind that is not as wanted is stopped and started as wanted", async () => {
  const killed = await startProgram(dataDir);
  killed.child.kill("SIGKILL");
  await waitForEnd(killed.child);
  await withPostgres({ durable: true }, async (postgres) => {
    assert.is(postgres.adopted, false);
    assert.not(isAlive(killed.said.pid));
  });
});

test("data that a living program uses are refused, and its server is left alone", async () => {
  await withPostgres({}, async (postgres) => {
    const second = await startProgram(dataDir);
    await waitForEnd(second.child);
    assert.is(second.said.code, "data-in-use");
    assert.match(second.said.message ?? "", /stop it first/);
    assert.equal(await runQuery(postgres.url, "SELECT words FROM kept"), ["a trap"]);
  });
});

test("a server that was killed itself recovers at the next start", async () => {
  const postgres = await startEmbeddedPostgres({ dataDir, durable: true, log });
  await runQuery(postgres.url, "CREATE TABLE recovered AS SELECT 1 AS one");
  process.kill(postgres.pid, "SIGKILL");
  await eventually(() => !isAlive(postgres.pid), { withinMs: 5_000, because: "the killed server is gone" });
  await postgres.stop();
  await withPostgres({}, async ({ url }) => assert.equal(await runQuery(url, "SELECT one FROM recovered"), [1]));
});

test("a server's number that now belongs to another process does not keep the database from starting", async () => {
  fs.writeFileSync(
    path.join(dataDir, "cluster", "postmaster.pid"),
    `${process.pid}\n${dataDir}\n0\n5432\n\n127.0.0.1\n`,
  );
  await withPostgres({}, async ({ pid }) => assert.is.not(pid, process.pid));
});

test("a wanted port that is taken is an error that says what to do", async () => {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    const error = await getStartError({ port });
    assert.is(error.code, "port-taken");
    assert.match(error.message, new RegExp(`port ${port} .* choose another port`));
  } finally {
    server.close();
  }
  await withPostgres({ port }, async (postgres) => assert.is(postgres.port, port));
});

test("what a killed creation left behind is removed, and creation begins anew", async () => {
  const fresh = path.join(folder, "fresh");
  const gone = spawn(process.execPath, ["-e", ""]);
  await once(gone, "exit");
  fs.mkdirSync(`${fresh}.new-${gone.pid}/cluster/base`, { recursive: true });
  await withPostgres({ dataDir: fresh }, async ({ url }) => assert.equal(await runQuery(url, "SELECT 1"), [1]));
  assert.equal(fs.readdirSync(folder).sort(), ["deeper", "fresh"]);
});

test("a folder that holds something else, or another version's data, is refused and left as it is", async () => {
  const foreign = path.join(folder, "foreign");
  fs.mkdirSync(foreign);
  fs.writeFileSync(path.join(foreign, "letter.txt"), "dear cat");
  assert.is((await getStartError({ dataDir: foreign })).code, "data-foreign");
  assert.equal(fs.readdirSync(foreign), ["letter.txt"]);

  const version = path.join(dataDir, "cluster", "PG_VERSION");
  const now = fs.readFileSync(version);
  fs.writeFileSync(version, "17\n");
  const error = await getStartError({});
  fs.writeFileSync(version, now);
  assert.is(error.code, "data-version");
  assert.match(error.message, /PostgreSQL 17, and this is 18/);
});

test("another user of the machine runs it too, and is told plainly whose data it may not use", async () => {
  const nobody = parsePasswd(fs.readFileSync("/etc/passwd", "utf8")).get("nobody");
  if (process.getuid?.() !== 0 || nobody === undefined) skip("only root can become another user");
  if (!(await canEnter(nobody, ROOT)) || !(await canEnter(nobody, path.dirname(process.execPath)))) {
    skip("this checkout is in a folder that other users cannot enter");
  }
  const theirs = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-nobody-"));
  fs.chownSync(theirs, nobody.uid, nobody.gid);
  fs.chmodSync(folder, 0o755);
  try {
    const program = await startProgram(path.join(theirs, "db"), nobody);
    assert.is(program.said.uid, nobody.uid);
    assert.equal(await runQuery(program.said.url, "SELECT 1"), [1]);
    program.child.stdin.end();
    await waitForEnd(program.child);
    assert.not(isAlive(program.said.pid));
    await withPostgres({ dataDir: path.join(theirs, "db") }, async ({ url }) => {
      assert.equal(await runQuery(url, "SELECT 1"), [1], "root may use theirs");
    });
    const refused = await startProgram(dataDir, nobody);
    await waitForEnd(refused.child);
    assert.is(refused.said.code, "data-owner");
  } finally {
    fs.rmSync(theirs, { recursive: true, force: true });
  }
});
