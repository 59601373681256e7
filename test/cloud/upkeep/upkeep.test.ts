// What time takes away, and that several instances of the cloud may see to it at once.
import { sql } from "kysely";
import { pino } from "pino";
import * as assert from "uvu/assert";
import { createSimClock } from "../../../cloud/clock.ts";
import { startScheduler } from "../../../cloud/scheduler.ts";
import { deleteEndedTokens } from "../../../cloud/upkeep/queries/delete-ended-tokens.ts";
import { deleteOldDeliveries } from "../../../cloud/upkeep/queries/delete-old-deliveries.ts";
import { dropPartitions } from "../../../cloud/upkeep/queries/drop-partitions.ts";
import { ensurePartitions } from "../../../cloud/upkeep/queries/ensure-partitions.ts";
import { lockJob } from "../../../cloud/upkeep/queries/lock-job.ts";
import { listRetired } from "../../../cloud/upkeep/upkeep.ts";
import { eventually } from "../../support/eventually.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { suite } from "../../support/suite.ts";

const test = suite("upkeep");
const log = pino({ level: "silent" });
const TENANT = "11111111-1111-4111-8111-111111111111";
const USER = "22222222-2222-4222-8222-222222222222";
const DAY_MS = 24 * 60 * 60 * 1000;
let database: TestDatabase;

test.before(async () => {
  database = await createTestDatabase();
  const { kysely } = database.db;
  await kysely.insertInto("tenants").values({ id: TENANT, name: "A", slug: "a" }).execute();
  await kysely.insertInto("users").values({ id: USER, email: "a@example.com" }).execute();
  await kysely
    .insertInto("user_tenant_memberships")
    .values({ tenant_id: TENANT, user_id: USER, role: "owner" })
    .execute();
});
test.after(() => database.stop());

const RETIRED: [now: string, months: number, endedBy: string][] = [
  ["2026-11-20T22:00:00Z", 2, "2026-09-01T00:00:00.000Z"],
  ["2026-01-01T00:00:00Z", 13, "2024-12-01T00:00:00.000Z"],
  ["2026-03-31T23:59:59Z", 1, "2026-02-01T00:00:00.000Z"],
];

for (const [now, months, endedBy] of RETIRED) {
  test(`at ${now}, what ended by ${endedBy} is past ${months} months`, () => {
    const retired = listRetired(new Date(now), { device_events: months, audit_logs: 240, activity_logs: 240 });
    assert.is(retired.find((one) => one.log === "device_events")?.endedBy.toISOString(), endedBy);
    assert.is(retired.length, 3);
  });
}

test("a job runs on one of several instances at a time, and again when that one is through", async () => {
  const clock = createSimClock(new Date());
  let running = 0;
  let runningMax = 0;
  let runs = 0;
  let release: (() => void) | undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const job = {
    name: "held",
    pauseMs: 1_000,
    async run() {
      running += 1;
      runs += 1;
      runningMax = Math.max(runningMax, running);
      await held;
      running -= 1;
      return null;
    },
  };
  let refused = 0;
  const counting: typeof lockJob = async (trx, name) => {
    const locked = await lockJob(trx, name);
    if (!locked) refused += 1;
    return locked;
  };
  const start = () => startScheduler({ db: database.db, clock, log, lockJob: counting }, [job]);
  const instances = [start(), start()];
  clock.advance(1_000);
  await eventually(() => (refused === 1 && runs === 1 ? true : undefined), {
    withinMs: 5_000,
    because: "one instance has the lock, the other was told",
  });
  release?.();
  await eventually(
    () => {
      clock.advance(1_000);
      return runs > 1 ? true : undefined;
    },
    { withinMs: 5_000, because: "the job runs again" },
  );
  await Promise.all(instances.map((one) => one.stop()));
  assert.is(runningMax, 1);
});

test("a job that fails is rolled back, logged, and tried again", async () => {
  const clock = createSimClock(new Date());
  let tries = 0;
  const job = {
    name: "failing",
    pauseMs: 1_000,
    async run() {
      tries += 1;
      throw new Error("no");
    },
  };
  const scheduler = startScheduler({ db: database.db, clock, log, lockJob }, [job]);
  await eventually(
    () => {
      clock.advance(1_000);
      return tries > 1 ? true : undefined;
    },
    { withinMs: 5_000, because: "it is tried again" },
  );
  await scheduler.stop();
});

test("partitions are there already after migrating, and made where they are missing", async () => {
  const made = () => database.db.system((trx) => ensurePartitions(trx));
  assert.is(await made(), 0);
  const newestOf = sql<{ name: string }>`
    select relname as name from pg_class where relkind = 'r' and relname ~ '^activity_logs_[0-9]' order by 1 desc limit 1`;
  const [newest] = (await newestOf.execute(database.db.kysely)).rows;
  assert.ok(newest !== undefined);
  await database.db.kysely.schema.dropTable(newest.name).execute();
  assert.is(await made(), 1);
});

test("months that have had their time are dropped, younger ones are refused", async () => {
  const now = new Date();
  const old = new Date(Date.UTC(now.getUTCFullYear() - 3, now.getUTCMonth(), 15));
  await database.db.kysely
    .insertInto("activity_logs")
    .values({ tenant_id: TENANT, action: "user_login", created_at: old })
    .execute();
  const [retired] = listRetired(now, { activity_logs: 13, device_events: 25, audit_logs: 37 });
  assert.ok(retired !== undefined);
  const ask = () =>
    database.db.system((trx) => dropPartitions(trx, { log: "activity_logs", endedBy: retired.endedBy }));
  await database.db.system((trx) => ensurePartitions(trx)); // the stray gets its month
  const names = await ask();
  assert.is(names.length, 1);
  assert.match(String(names[0]), /^activity_logs_\d{4}_\d{2}$/);
  assert.equal(await ask(), []);
  let refusal = "";
  await database.db
    .system((trx) => dropPartitions(trx, { log: "activity_logs", endedBy: now }))
    .catch((error: Error) => {
      refusal = error.message;
    });
  assert.match(refusal, /too young/);
});

test("tokens and deliveries that ended long ago are forgotten, others stay", async () => {
  const { kysely } = database.db;
  const now = Date.now();
  const at = (days: number) => new Date(now + days * DAY_MS);
  const hash = (text: string) => text.padStart(64, "0");
  const token = { tenant_id: TENANT, user_id: USER };
  await kysely
    .insertInto("refresh_tokens")
    .values([
      { ...token, token_hash: hash("1"), expires_at: at(-40) },
      { ...token, token_hash: hash("2"), expires_at: at(40) },
      { ...token, token_hash: hash("3"), expires_at: at(-1) },
    ])
    .execute();
  const hook = await kysely
    .insertInto("webhooks")
    .values({ tenant_id: TENANT, url: "https://example.com", events: ["alert"], secret_sealed: Buffer.from("x") })
    .returning("id")
    .executeTakeFirstOrThrow();
  const delivery = { tenant_id: TENANT, webhook_id: hook.id, event_type: "alert", payload: {} };
  await kysely
    .insertInto("webhook_deliveries")
    .values([
      { ...delivery, status: "delivered", created_at: at(-40) },
      { ...delivery, status: "pending", created_at: at(-40) },
      { ...delivery, status: "failed", created_at: at(-1) },
    ])
    .execute();
  assert.is(await database.db.system((trx) => deleteEndedTokens(trx, at(-30))), 1);
  assert.is(await database.db.system((trx) => deleteOldDeliveries(trx, at(-30))), 1);
});
