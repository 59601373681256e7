// A stolen database dump: every row of every table, as text. Nothing in it logs in, nothing in it seals, so that whoever has it neither
// raises an alert in a trap's name nor commands a trap, with the password overheard as well [SECRET-1] [SEAL-1].

import { sql } from "kysely";
import * as assert from "uvu/assert";
import { downTopic, encodeCommand } from "#protocol";
import { eventually } from "../support/eventually.ts";
import { connectDevice } from "../support/mqtt.ts";
import { suite } from "../support/suite.ts";
import { createScene, type Scene, type Victim } from "./attacked.ts";
import { publishPacket } from "./middle.ts";
import { takeEnd } from "./stolen-key.ts";

const test = suite("a stolen database dump", { limitMs: 90_000, fileLimitMs: 300_000 });
let scene: Scene;
let victim: Victim;
let dump: string;
test.before(async () => {
  scene = await createScene();
  victim = await scene.begin();
  dump = await readDump();
});
test.after(() => scene?.stop());

/** As pg_dump would have it, but for the form. */
async function readDump(): Promise<string> {
  const { kysely } = scene.cloud.db;
  const tables = await sql<{ name: string }>`
    SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`.execute(kysely);
  const texts: string[] = [];
  for (const { name } of tables.rows) {
    const rows = await sql<{ row: string }>`SELECT t::text AS row FROM ${sql.raw(name)} t`.execute(kysely);
    texts.push(...rows.rows.map((one) => one.row));
  }
  return texts.join("\n");
}

/** Every word of the trap's own rows, and every 32 bytes of what is hexadecimal in them: what might be a key or a password. */
function listGuesses(): { words: string[]; keys: string[] } {
  const { deviceId, credentialId } = victim.known;
  const lines = dump
    .split("\n")
    .filter((line) => [deviceId, credentialId, victim.trap.identity.serial].some((id) => line.includes(id)));
  assert.ok(lines.length >= 3, "the dump has the trap's rows");
  const words = [...new Set(lines.flatMap((line) => line.split(/[(),"\\ ]+/)))].filter((word) => word !== "");
  const hex = [...new Set(lines.flatMap((line) => line.match(/[0-9a-f]{64,}/g) ?? []))];
  assert.ok(hex.length >= 2, "the hash of the password and the sealed key among them");
  const keys = hex.flatMap((text) =>
    Array.from({ length: (text.length - 64) / 2 + 1 }, (_, at) => text.slice(2 * at, 2 * at + 64)),
  );
  return { words: [...words, ...words.flatMap((word) => word.split(":"))], keys };
}

test("no secret of the trap stands in it, nor what opens it", () => {
  const { password, key } = victim.known;
  for (const secret of [password, key, "5e".repeat(32)]) {
    assert.not.ok(dump.includes(secret));
    assert.not.ok(dump.includes(Buffer.from(secret, "hex").toString("base64")));
  }
});

test("nothing in it logs in", async () => {
  for (const password of listGuesses().words) {
    const tried = await connectDevice(scene.cloud.mqttPort, { ...victim.known, password }, { will: false });
    assert.is(tried.connack.returnCode, 4, password);
  }
  const good = await connectDevice(scene.cloud.mqttPort, victim.known, { will: false });
  assert.is(good.connack.returnCode, 0, "the password itself does");
  good.cut();
});

test("with the password overheard as well, nothing in it makes a seal that the cloud believes", async () => {
  const { keys } = listGuesses();
  const before = (await victim.events()).length;
  for (const key of keys) {
    const thief = await connectDevice(scene.cloud.mqttPort, { ...victim.known, key }, { will: false });
    thief.publish("hello", "{}");
    await thief.closed;
    const willing = await connectDevice(scene.cloud.mqttPort, { ...victim.known, key });
    assert.is(willing.connack.returnCode, 5, "nor a will");
  }
  assert.is((await victim.events()).length, before);
  assert.equal(await victim.alerts(), []);
});

test("nor a command that the trap follows, be the broker his own", async () => {
  const { keys } = listGuesses();
  const { tenantId, deviceId, key: own } = victim.known;
  const from = victim.heard();
  const record = encodeCommand({ id: 7_001, command: "silence" });
  const tell = (key: string) => {
    const seal = takeEnd("cloud", scene.middle, { key, deviceId }, 1_000);
    scene.middle.tell(publishPacket(downTopic(tenantId, deviceId, "command"), seal.close("command", record)));
  };
  for (const key of keys) tell(key);
  await eventually(() => victim.countRefused(from) >= keys.length, { withinMs: 5_000, because: "all are refused" });
  assert.not.ok(victim.trap.consoleLines().some((entry) => entry.number > from && / command /.test(entry.line)));
  tell(own);
  await victim.said("command", { command: "silence" }, from);
});
