// How the cloud comes to its database when it starts: from the owner's address, or from the three roles' without the owner, which then
// has to have migrated.
import { pino } from "pino";
import * as assert from "uvu/assert";
import { createCloud } from "../../../cloud/compose.ts";
import { type Config, parseConfig } from "../../../cloud/config.ts";
import { migrateDown } from "../../../cloud/db/migrations/migrate.ts";
import { loadMigrations } from "../../../cloud/db/migrations/migration-files.ts";
import { sendRequest } from "../../support/cloud.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { getRejection } from "../../support/rejection.ts";
import { suite } from "../../support/suite.ts";

const test = suite("the cloud's way to its database");
const log = pino({ level: "silent" });
let database: TestDatabase;

test.before.each(async () => {
  database = await createTestDatabase();
});
test.after.each(() => database.stop());

function configOf(env: Record<string, string>): Config {
  const parsed = parseConfig({
    TRAPLINE_SEAL_KEY: "5e".repeat(32),
    TRAPLINE_HTTP_PORT: "0",
    TRAPLINE_MQTT_PORT: "0",
    ...env,
  });
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return parsed.config;
}

function rolesOf({ urls }: TestDatabase, change: Record<string, string> = {}): Config {
  return configOf({
    TRAPLINE_APP_DATABASE_URL: urls.app,
    TRAPLINE_INGEST_DATABASE_URL: urls.ingest,
    TRAPLINE_SYSTEM_DATABASE_URL: urls.system,
    ...change,
  });
}

async function getStartError(config: Config): Promise<Error & { code?: string }> {
  const error = await getRejection(createCloud({ config, log }).then((cloud) => cloud.stop()));
  assert.ok(error instanceof Error, String(error));
  return error;
}

test("the addresses of the three roles are enough, and serve people", async () => {
  const cloud = await createCloud({ config: rolesOf(database), log });
  try {
    const body = { tenantName: "Mill", email: "mill@example.com", password: "correct horse battery" };
    const answer = await sendRequest(cloud.httpAddress, { url: "/api/v1/register", body });
    assert.is(answer.status, 201, answer.text);
    const devices = await sendRequest(cloud.httpAddress, { url: "/api/v1/devices", as: answer.json.token });
    assert.equal(devices.json.devices, []);
  } finally {
    await cloud.stop();
  }
});

test("the owner's address in the place of a role's is refused, since no wall would hold it", async () => {
  const error = await getStartError(rolesOf(database, { TRAPLINE_APP_DATABASE_URL: database.url }));
  assert.is(error.code, "role-too-powerful");
  assert.match(error.message, /TRAPLINE_APP_DATABASE_URL/);
});

test("a database that is behind the program is refused with what to do, by either way", async () => {
  const newest = (await loadMigrations()).length;
  await migrateDown(database.url, { log, to: newest - 1 });
  for (const config of [rolesOf(database), configOf({ DATABASE_URL: database.url })]) {
    const error = await getStartError(config);
    assert.is(error.code, "migration-pending");
    assert.match(error.message, /owner in DATABASE_URL \(npm run migrate:up\)/);
  }
});

test("so is an empty one, and one that a newer program has migrated", async () => {
  const empty = await createTestDatabase({ migrated: false });
  try {
    assert.is((await getStartError(rolesOf(empty))).code, "migration-pending");
  } finally {
    await empty.stop();
  }
  await database.db.kysely
    .insertInto("schema_migrations")
    .values({ version: 999, name: "999_of_tomorrow", checksum: "0".repeat(64) })
    .execute();
  assert.is((await getStartError(rolesOf(database))).code, "migration-unknown");
});
