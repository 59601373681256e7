// The oldest PostgreSQL we promise to work on, as a host gives it away: the owner of the database is an ordinary role, no superuser. The
// newest one is what all other tests run on.
import pg from "pg";
import { pino } from "pino";
import * as assert from "uvu/assert";
import { createCloud } from "../../cloud/compose.ts";
import { parseConfig } from "../../cloud/config.ts";
import { createDatabase } from "../../cloud/db/connection.ts";
import { migrateDown, migrateUp } from "../../cloud/db/migrations/migrate.ts";
import { loadMigrations } from "../../cloud/db/migrations/migration-files.ts";
import { ensureDatabase } from "../../cloud/db/own-database.ts";
import { prepareLogins } from "../../cloud/db/roles/logins.ts";
import { describeSchema } from "../cloud/db/catalogue.ts";
import { sendRequest } from "../support/cloud.ts";
import { type DebianPostgres, startDebianPostgres } from "../support/debian-postgres.ts";
import { suite } from "../support/suite.ts";
import { testLog as log } from "../support/test-log.ts";

const test = suite("PostgreSQL 15", { limitMs: 60_000 });
let server: DebianPostgres;

test.before(async () => {
  server = await startDebianPostgres();
});
test.after(() => server?.stop());

async function withClient<T>(url: string, fn: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await fn(client);
  } finally {
    await client.end();
  }
}

test("an ordinary owner migrates up from nothing, down to nothing, and up again to the same", async () => {
  const url = await ensureDatabase(server.url, "up_and_down");
  await withClient(url, async (client) => {
    const owner = await client.query("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user");
    assert.equal(owner.rows, [{ rolsuper: false, rolbypassrls: false }]);
    const newest = (await loadMigrations()).length;
    assert.is((await migrateUp(client, { log })).version, newest);
    const first = await describeSchema(client);
    assert.is((await migrateDown(client, { log, to: 0 })).version, 0);
    const left = await client.query<{ relname: string }>(
      "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') ORDER BY 1",
    );
    assert.equal(
      left.rows.map(({ relname }) => relname),
      ["schema_checkpoints", "schema_migrations"],
    );
    await migrateUp(client, { log });
    assert.equal(await describeSchema(client), first);
  });
});

test("the roles see one tenant at a time, and the owner sees them all, though the walls hold the owner too", async () => {
  const url = await ensureDatabase(server.url, "walls");
  await migrateUp(url, { log });
  const tenants = await withClient(url, async (client) => {
    const made = await client.query<{ id: string }>(
      "INSERT INTO tenants (name, slug) VALUES ('Mill', 'mill'), ('Barn', 'barn') RETURNING id",
    );
    const ids = made.rows.map(({ id }) => id);
    await client.query(
      `INSERT INTO sites (tenant_id, name) SELECT id, 'Site of ' || slug FROM tenants WHERE id = ANY($1)`,
      [ids],
    );
    assert.is((await client.query("SELECT FROM sites")).rowCount, 2);
    return ids;
  });
  const db = createDatabase({ urls: await prepareLogins(url), log });
  try {
    for (const [index, name] of ["Site of mill", "Site of barn"].entries()) {
      const tenantId = tenants[index] ?? "";
      const sites = await db.withTenant({ tenantId }, (trx) => trx.selectFrom("sites").select("name").execute());
      assert.equal(sites, [{ name }]);
    }
  } finally {
    await db.stop();
  }
});

test("the cloud runs on it, given nothing but the owner's address", async () => {
  const url = await ensureDatabase(server.url, "cloud");
  await migrateUp(url, { log });
  const parsed = parseConfig({
    DATABASE_URL: url,
    TRAPLINE_SEAL_KEY: "5e".repeat(32),
    TRAPLINE_HTTP_PORT: "0",
    TRAPLINE_MQTT_PORT: "0",
  });
  assert.ok(parsed.ok);
  const cloud = await createCloud({ config: parsed.config, log: pino({ level: "silent" }) });
  try {
    const body = { tenantName: "Mill", email: "mill@example.com", password: "correct horse battery" };
    const registered = await sendRequest(cloud.httpAddress, { url: "/api/v1/register", body });
    assert.is(registered.status, 201, registered.text);
    const me = await sendRequest(cloud.httpAddress, { url: "/api/v1/me", as: registered.json.token });
    assert.is(me.json.tenant.name, "Mill", me.text);
  } finally {
    await cloud.stop();
  }
});
