// What bounds an event's time from below, asked of the tables: of the months that are not looked through, none could have said more.
import * as fc from "fast-check";
import * as assert from "uvu/assert";
import type { DeviceEvent } from "#protocol";
import { decideInterval, TRANSIT_MS_MAX } from "../../../cloud/events/events.ts";
import { findKnownBefore } from "../../../cloud/events/queries/find-known-before.ts";
import { insertDevice } from "../../support/cloud.ts";
import type { DeviceCredentials } from "../../support/mqtt.ts";
import { createTestDatabase, type TestDatabase } from "../../support/postgres.ts";
import { checkProperty } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const test = suite("known before");
const TENANT = "11111111-1111-4111-8111-111111111111";
const NOON = Date.UTC(2026, 5, 1, 12);
/** Some of them closer to each other than a message may take. */
const AGE_MS = 10 * TRANSIT_MS_MAX;
let database: TestDatabase;
let device: DeviceCredentials;

test.before(async () => {
  database = await createTestDatabase();
  await database.db.kysely.insertInto("tenants").values({ id: TENANT, name: "A", slug: "a" }).execute();
  device = await insertDevice(database.db, { tenantId: TENANT }, {});
});
test.after(() => database.stop());

interface Past {
  /** When the trap was last heard in each boot that had a session. */
  sessions: { boot: number; heardMs: number }[];
  events: { boot: number; seq: number; receivedMs: number; earliestMs: number }[];
}

const bootOf = (boot: number) => `0000000${boot}deadbeef`;

async function store({ sessions, events }: Past): Promise<void> {
  const { kysely } = database.db;
  await kysely.deleteFrom("device_event_keys").execute();
  await kysely.deleteFrom("device_sessions").execute();
  const own = { tenant_id: device.tenantId, device_id: device.deviceId };
  for (const { boot, heardMs } of sessions) {
    const at = new Date(heardMs);
    const ended = { ended_at: at, end_reason: "will" } as const;
    await kysely
      .insertInto("device_sessions")
      .values({ ...own, boot_id: bootOf(boot), session: 1, connected_at: at, last_heard_at: at, ...ended })
      .execute();
  }
  for (const { boot, seq, receivedMs, earliestMs } of events) {
    const key = { ...own, boot_id: bootOf(boot), sequence: seq, received_at: new Date(receivedMs) };
    const earliest = new Date(earliestMs);
    await kysely.insertInto("device_event_keys").values(key).execute();
    await kysely
      .insertInto("device_events")
      .values({ ...key, kind: "armed", age_ms: 0, exact: true, occurred_earliest: earliest, occurred_latest: earliest })
      .execute();
  }
}

/** As it would be with all of the past at hand. */
function findAll({ sessions, events }: Past, boot: number, seq: number) {
  const heard = sessions.filter((one) => one.boot < boot).map((one) => one.heardMs);
  const before = events.filter((one) => one.boot < boot || (one.boot === boot && one.seq < seq));
  const latest = (all: number[]) => (all.length === 0 ? null : new Date(Math.max(...all)));
  return { heardAt: latest(heard), eventAt: latest(before.map((one) => one.earliestMs)) };
}

const agoMs = fc.integer({ min: 0, max: AGE_MS });
const boot = fc.integer({ min: 1, max: 4 });
const past: fc.Arbitrary<Past> = fc.record({
  sessions: fc.uniqueArray(fc.record({ boot, heardMs: agoMs.map((ago) => NOON - ago) }), {
    maxLength: 4,
    selector: (one) => one.boot,
  }),
  events: fc.uniqueArray(
    fc
      .record({ boot, seq: fc.integer({ min: 1, max: 9 }), receivedMs: agoMs.map((ago) => NOON - ago), ageMs: agoMs })
      .map(({ ageMs, ...one }) => ({ ...one, earliestMs: one.receivedMs - ageMs })),
    { maxLength: 6, selector: (one) => `${one.boot} ${one.seq}` },
  ),
});

test("the interval is the same as with all of the past at hand [EVENT-2]", async () => {
  await checkProperty(
    fc.asyncProperty(past, boot, fc.integer({ min: 1, max: 10 }), agoMs, async (all, bootNumber, seq, age) => {
      await store(all);
      const event: DeviceEvent = { boot: bootOf(bootNumber), seq, age, exact: false, kind: "sprung", value: 0 };
      const asked = await database.db.ingest(device, (trx) => findKnownBefore(trx, device, event));
      const claimedAt = new Date(NOON - AGE_MS);
      const decide = (known: typeof asked) => decideInterval(event, new Date(NOON), { ...known, claimedAt });
      assert.equal(decide(asked), decide(findAll(all, bootNumber, seq)));
    }),
    60,
  );
});
