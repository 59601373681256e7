// The sample data given as a hosted database is used: by an ordinary owner, whom the walls between tenants bind, on the oldest PostgreSQL.
import * as assert from "uvu/assert";
import { migrateUp } from "../../../../cloud/db/migrations/migrate.ts";
import { type DebianPostgres, startDebianPostgres } from "../../../support/debian-postgres.ts";
import { suite } from "../../../support/suite.ts";
import { testLog } from "../../../support/test-log.ts";
import { createOwned } from "../roles/role-servers.ts";
import { seed } from "./seeded.ts";

const test = suite("sample data of an ordinary owner", { limitMs: 60_000 });
let server: DebianPostgres | undefined;

test.before(async () => {
  server = await startDebianPostgres();
});
test.after(() => server?.stop());

test("it comes and stays as everywhere", async () => {
  if (server === undefined) throw new Error("the server was not started");
  const url = await createOwned(server, "sampled", { name: "keeper", attributes: "CREATEROLE" });
  await migrateUp(url, { log: testLog });
  const { rows, inserted } = await seed(url);
  assert.is(rows.tenants, 4);
  assert.ok(inserted > 1_000);
  assert.is((await seed(url)).inserted, 0);
});
