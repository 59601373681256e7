// The pools and their three kinds of transaction: who each one works as, what commits, what rolls back, which tenant each one names.
import { sql } from "kysely";
import * as assert from "uvu/assert";
import { createDatabase, DatabaseBusyError, splitPool } from "../../../cloud/db/connection.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { getRejection } from "../../support/rejection.ts";
import { suite } from "../../support/suite.ts";
import { testLog } from "../../support/test-log.ts";

const test = suite("database connection");
const TENANT = "7b6de6c5-2b54-4a2c-8a4c-1a5fd8f6d0aa";
const USER = "0f5b7a6e-93c1-44d2-a7f5-5d0de1f3c7bb";
let database: TestDatabase;

test.before(async () => {
  database = await createTestDatabase();
});
test.after(() => database.stop());

interface Values {
  big: number;
  count: number;
  at: Date;
  tag: string;
}

test("bigint comes back as a number and timestamptz as a Date", async () => {
  const answer = await sql<Values>`
    select 9007199254740991::bigint as big, count(*) as count, timestamptz '2026-01-02 03:04:05.678Z' as at, 'x' as tag
  `.execute(database.db.kysely);
  assert.equal(answer.rows[0], { big: 9007199254740991, count: 1, at: new Date("2026-01-02T03:04:05.678Z"), tag: "x" });
});

test("a bigint that a number cannot hold rejects the query instead of changing its value", async () => {
  const error = await getRejection(sql`select 9007199254740993::bigint as big`.execute(database.db.kysely));
  assert.ok(error instanceof RangeError, String(error));
  const next = await sql<{ one: number }>`select 1 as one`.execute(database.db.kysely);
  assert.is(next.rows[0]?.one, 1);
});

interface Settings {
  login: string;
  tenant: string | null;
  user: string | null;
}

const readSettings = sql<Settings>`
  select current_user as login, nullif(current_setting('app.current_tenant_id', true), '') as tenant,
    nullif(current_setting('app.current_user_id', true), '') as user`;

test("[TENANT-2] each kind of transaction works as its role and names its tenant, which the connection forgets at its end", async () => {
  const one = createDatabase({ urls: database.urls, poolMax: 1, log: testLog });
  try {
    const inside = await one.withTenant({ tenantId: TENANT, userId: USER }, (trx) => readSettings.execute(trx));
    assert.equal(inside.rows[0], { login: "trapline_app", tenant: TENANT, user: USER });
    const device = await one.ingest({ tenantId: TENANT }, (trx) => readSettings.execute(trx));
    assert.equal(device.rows[0], { login: "trapline_ingest", tenant: TENANT, user: null });
    const nobody = await one.withTenant({ tenantId: TENANT }, (trx) => readSettings.execute(trx));
    assert.equal(nobody.rows[0], { login: "trapline_app", tenant: TENANT, user: null });
    const system = await one.system((trx) => readSettings.execute(trx));
    assert.equal(system.rows[0], { login: "trapline_system", tenant: null, user: null });
  } finally {
    await one.stop();
  }
});

test("a transaction is undone when its function rejects, and kept when it resolves", async () => {
  const insert = (slug: string, fail: boolean) =>
    database.db.system(async (trx) => {
      await trx.insertInto("tenants").values({ name: slug, slug }).execute();
      if (fail) throw new Error("changed our mind");
    });
  await insert("kept", false);
  assert.match(String(await getRejection(insert("undone", true))), /changed our mind/);
  const rows = await database.db.kysely.selectFrom("tenants").select("slug").execute();
  assert.equal(rows, [{ slug: "kept" }]);
});

test("the connections are split so that no role is without one, and none takes another's", () => {
  assert.equal(splitPool(10), { app: 2, ingest: 3, system: 5 });
  assert.equal(splitPool(15), { app: 3, ingest: 4, system: 8 });
  assert.equal(splitPool(200), { app: 50, ingest: 60, system: 90 });
  for (const few of [1, 2, 3]) assert.equal(splitPool(few), { app: 1, ingest: 1, system: 1 });
});

test("a statement that takes too long is cancelled", async () => {
  const hasty = createDatabase({ urls: database.urls, poolMax: 1, statementTimeoutMs: 50, log: testLog });
  try {
    const error = await getRejection(hasty.system((trx) => sql`select pg_sleep(10)`.execute(trx)));
    assert.match(String(error), /statement timeout/);
  } finally {
    await hasty.stop();
  }
});

test("a connection that is cut in the middle of a transaction rejects it, is logged, and harms nothing else", async () => {
  const warnings: string[] = [];
  const log = { ...testLog, warn: (_facts: object, message: string) => void warnings.push(message) };
  const cut = createDatabase({ urls: database.urls, poolMax: 1, log });
  try {
    const error = await getRejection(
      cut.system(async (trx) => {
        const self = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
        await database.db.system((other) => sql`select pg_terminate_backend(${self.rows[0]?.pid})`.execute(other));
        await readSettings.execute(trx);
      }),
    );
    assert.ok(error instanceof Error);
    const next = await cut.system((trx) => sql<{ one: number }>`select 1 as one`.execute(trx));
    assert.is(next.rows[0]?.one, 1);
    assert.ok(warnings.length > 0, "nobody was told");
  } finally {
    await cut.stop();
  }
});

test("updated_at follows every change, by the database itself", async () => {
  const before = await database.db.kysely
    .insertInto("tenants")
    .values({ name: "Old", slug: "stamped", updated_at: new Date(0) })
    .returning(["id", "updated_at"])
    .executeTakeFirstOrThrow();
  const after = await database.db.kysely
    .updateTable("tenants")
    .set({ name: "New" })
    .where("id", "=", before.id)
    .returning("updated_at")
    .executeTakeFirstOrThrow();
  assert.is(before.updated_at.getTime(), 0);
  assert.ok(after.updated_at.getTime() > 0);
});

test("when no connection becomes free in time, that is what is said", async () => {
  const one = createDatabase({ urls: database.urls, poolMax: 1, connectTimeoutMs: 50, log: testLog });
  let release: (() => void) | undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const first = one.system(() => held);
  const error = await getRejection(one.system(async () => undefined));
  release?.();
  await first;
  await one.stop();
  assert.instance(error, DatabaseBusyError);
});
