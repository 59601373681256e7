// The sample data in a database that others use: nothing of theirs is touched, names that they have are theirs.
import type pg from "pg";
import * as assert from "uvu/assert";
import { SeedError } from "../../../../cloud/db/seed/seed-error.ts";
import { itemAt } from "../../../support/cloud.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { openOwner, type Picture, readColumn, seed, takePicture } from "./seeded.ts";

const test = suite("sample data beside other data");
const TENANT = "11111111-1111-4111-8111-111111111111";
const USER = "22222222-2222-4222-8222-222222222222";
let database: TestDatabase;
let client: pg.Client;

test.before.each(async () => {
  database = await createTestDatabase();
  client = await openOwner(database.url);
  await client.query(`INSERT INTO tenants (id, name, slug) VALUES ('${TENANT}', 'Demo Company', 'demo-company')`);
  await client.query(`INSERT INTO users (id, email) VALUES ('${USER}', 'Consultant@External.com')`);
  await client.query(
    `INSERT INTO user_tenant_memberships (user_id, tenant_id, role) VALUES ('${USER}', '${TENANT}', 'owner')`,
  );
  await client.query(`INSERT INTO sites (tenant_id, name) VALUES ('${TENANT}', 'Headquarters')`);
  await client.query(
    `INSERT INTO devices (tenant_id, name, mac_address, kind) VALUES ('${TENANT}', 'Kitchen', '24:0a:c4:00:00:01', 'snap')`,
  );
  await client.query(`INSERT INTO device_alerts (tenant_id, device_id, alert_type, severity, triggered_at)
    SELECT tenant_id, id, 'sprung', 'warning', now() FROM devices`);
  await client.query(`INSERT INTO audit_logs (tenant_id, action, resource_type, created_at)
    VALUES ('${TENANT}', 'login', 'session', now() - interval '2 months')`);
  await client.query(`INSERT INTO oauth_clients (client_id, client_secret_hash, name, type, redirect_uris)
    VALUES ('alexa-smart-home', 'theirs', 'Alexa', 'alexa', '{https://theirs.example}')`);
});
test.after.each(async () => {
  await client.end();
  await database.stop();
});

function isWithin(small: Picture, big: Picture): boolean {
  return Object.entries(small).every(([table, rows]) => rows.every((row) => big[table]?.includes(row)));
}

test("other data stays as it is, also where it has the sample's names", async () => {
  const before = await takePicture(client);
  const both = await Promise.all([seed(database.url), seed(database.url)]);
  const after = await takePicture(client);
  assert.ok(isWithin(before, after));
  assert.is(both.filter((one) => one.inserted === 0).length, 1, "of two at once the second finds everything");
  const { logins } = itemAt(both);
  assert.equal(
    logins.filter((one) => one.role === "owner").map((one) => one.tenant),
    ["demo-company-sample"],
  );
  assert.ok(logins.some((one) => one.email === "consultant+sample@external.com"));
  assert.is((await seed(database.url)).inserted, 0);
  assert.equal(await takePicture(client), after);
});

test("a client that is known already keeps its secret, and serves the sample too", async () => {
  await seed(database.url);
  const query =
    "SELECT client_secret_hash FROM oauth_tokens JOIN oauth_clients AS c ON c.id = oauth_tokens.client_id WHERE type = 'alexa'";
  assert.equal(await readColumn(client, query), ["theirs"]);
});

test("where a name is missing that the sample cannot do without, nothing is left behind", async () => {
  await client.query(`INSERT INTO tenants (name, slug) VALUES ('Demo Company', 'demo-company-sample')`);
  const before = await takePicture(client);
  const error = await getRejection(seed(database.url));
  assert.instance(error, SeedError);
  assert.is((error as SeedError).code, "name-taken");
  assert.equal((error as SeedError).data, { table: "tenants", missing: 1 });
  assert.equal(await takePicture(client), before);
});

test("it works over a connection of the caller's, which stays open and idle", async () => {
  await seed(client);
  assert.equal(await readColumn(client, "SELECT count(*) FROM tenants"), ["5"]);
});
