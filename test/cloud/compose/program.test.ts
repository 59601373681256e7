// The cloud as a program: what it says when it cannot start, how it ends when told to, and that a kill loses nothing it has acknowledged.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { insertDevice, type Owner, sendRequest } from "../../support/cloud.ts";
import { eventually } from "../../support/eventually.ts";
import type { DeviceCredentials } from "../../support/mqtt.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { suite } from "../../support/suite.ts";
import { talk } from "./talking-trap.ts";

const test = suite("cloud program", { limitMs: 40_000 });
const ROOT = path.resolve(import.meta.dirname, "../../..");
const SEAL_KEY = "5e".repeat(32);
const running: ChildProcess[] = [];
let database: TestDatabase;

test.before(async () => {
  database = await createTestDatabase({ migrated: false });
});
test.after(() => database.stop());
test.after.each(async () => {
  for (const child of running.splice(0)) await end(child, "SIGKILL");
});

interface Program {
  child: ChildProcess;
  /** Everything it has said so far, on either stream. */
  said(): string;
}

function start(env: Record<string, string>, ...args: string[]): Program {
  const child = spawn(process.execPath, ["--import", "tsx", "cloud/main.ts", ...args], { cwd: ROOT, env });
  running.push(child);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      said += text;
    });
  }
  return { child, said: () => said };
}

interface Started extends Program {
  httpAddress: string;
  mqttPort: number;
}

async function startWell(ports: { http: number; mqtt: number } = { http: 0, mqtt: 0 }): Promise<Started> {
  const program = start(
    {
      DATABASE_URL: database.url,
      TRAPLINE_SEAL_KEY: SEAL_KEY,
      TRAPLINE_HTTP_PORT: String(ports.http),
      TRAPLINE_MQTT_PORT: String(ports.mqtt),
    },
    "--migrate",
  );
  const line = await eventually(
    () =>
      program
        .said()
        .split("\n")
        .find((one) => one.includes('"cloud started"')),
    {
      withinMs: 20_000,
      because: "the program says that it has started",
    },
  );
  const { httpAddress, mqttPort } = JSON.parse(line);
  return { ...program, httpAddress, mqttPort };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<[code: number | null, signal: string | null]> {
  if (child.exitCode !== null || child.signalCode !== null) return [child.exitCode, child.signalCode];
  const exited = once(child, "exit");
  child.kill(signal);
  const [code, by] = await exited;
  return [code, by];
}

test("without its configuration it names every variable that is missing, and ends with 2", async () => {
  const program = start({});
  const [code] = await once(program.child, "exit");
  assert.is(code, 2);
  assert.match(program.said(), /DATABASE_URL is missing/);
  assert.match(program.said(), /TRAPLINE_SEAL_KEY is missing/);
});

test("a database that nobody has migrated is refused in words, with what to do, and it ends with 1", async () => {
  const program = start({ DATABASE_URL: database.url, TRAPLINE_SEAL_KEY: SEAL_KEY });
  const [code] = await once(program.child, "exit");
  assert.is(code, 1);
  assert.match(program.said(), /migrate it with the address of its owner in DATABASE_URL/);
  assert.not.match(program.said(), /\n +at /);
});

test("asked to migrate with the addresses of the roles alone, it says what is missing, and ends with 2", async () => {
  const { app, ingest, system } = database.urls;
  const urls = { TRAPLINE_APP_DATABASE_URL: app, TRAPLINE_INGEST_DATABASE_URL: ingest };
  const env = { ...urls, TRAPLINE_SYSTEM_DATABASE_URL: system, TRAPLINE_SEAL_KEY: SEAL_KEY };
  const program = start(env, "--migrate");
  const [code] = await once(program.child, "exit");
  assert.is(code, 2);
  assert.match(program.said(), /--migrate needs the address of the database's owner in DATABASE_URL/);
});

test("it migrates when asked to, and ends on SIGTERM under load within ten seconds, with 0", async () => {
  const program = await startWell();
  const { who } = await createTalker(program.httpAddress);
  const acknowledged = new Set<number>();
  let isOver = false;
  const talking = talk(program.mqttPort, who, acknowledged, () => isOver);
  await eventually(() => acknowledged.size > 5, { withinMs: 10_000, because: "the trap talks" });
  const begin = performance.now();
  const ended = end(program.child, "SIGTERM");
  assert.equal(await ended, [0, null]);
  assert.ok(performance.now() - begin < 10_000);
  assert.match(program.said(), /"cloud stopped"/);
  isOver = true;
  await talking;
  await assertKept(who, acknowledged);
});

test("a kill in the middle of a storm of alerts loses none that was acknowledged, and doubles none", async () => {
  let program = await startWell();
  const { owner } = await createTalker(program.httpAddress);
  const traps = await Promise.all([1, 2, 3, 4].map(() => insertDevice(database.db, owner, {})));
  const acknowledged = traps.map(() => new Set<number>());
  let isOver = false;
  const { mqttPort } = program;
  const talking = traps.map((who, index) =>
    talk(mqttPort, who, acknowledged[index] ?? new Set(), () => isOver, "sprung"),
  );
  const total = () => acknowledged.reduce((sum, one) => sum + one.size, 0);
  await eventually(() => total() > 40, { withinMs: 20_000, because: "the storm blows" });
  assert.equal(await end(program.child, "SIGKILL"), [null, "SIGKILL"]);
  program = await startWell({ http: 0, mqtt: mqttPort });
  const before = total();
  await eventually(() => total() > before + 20, { withinMs: 20_000, because: "the storm goes on" });
  isOver = true;
  await Promise.all(talking);
  for (const [index, who] of traps.entries()) {
    await assertKept(who, acknowledged[index] ?? new Set());
    const open = await database.db.kysely
      .selectFrom("device_alerts")
      .select("id")
      .where("device_id", "=", who.deviceId)
      .where("alert_status", "!=", "resolved")
      .execute();
    assert.is(open.length, 1, "one open alert");
  }
});

async function createTalker(base: string): Promise<{ owner: Owner; who: DeviceCredentials }> {
  const body = {
    tenantName: "T",
    email: `talker${Math.floor(performance.now())}@example.com`,
    password: "correct horse battery",
  };
  const { json } = await sendRequest(base, { url: "/api/v1/register", body });
  const owner = { token: json.token, tenantId: json.tenant.id, userId: json.user.id, email: body.email };
  return { owner, who: await insertDevice(database.db, owner, {}) };
}

async function assertKept(who: DeviceCredentials, acknowledged: Set<number>): Promise<void> {
  const rows = await database.db.kysely
    .selectFrom("device_events")
    .select("sequence")
    .where("device_id", "=", who.deviceId)
    .execute();
  const kept = new Set(rows.map((row) => row.sequence));
  assert.is(kept.size, rows.length, "no event is there twice");
  assert.equal(
    [...acknowledged].filter((sequence) => !kept.has(sequence)),
    [],
  );
}
