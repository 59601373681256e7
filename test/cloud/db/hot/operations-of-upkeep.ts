// What the cloud asks of the big database by the clock. How much a sweep meets follows from how often it comes.
import * as assert from "uvu/assert";
import { deleteEndedSessions } from "../../../../cloud/accounts/queries/delete-ended-sessions.ts";
import { sweepClaiming } from "../../../../cloud/claiming/queries/sweep-claiming.ts";
import { deleteEndedTokens } from "../../../../cloud/upkeep/queries/delete-ended-tokens.ts";
import { deleteEventKeys } from "../../../../cloud/upkeep/queries/delete-event-keys.ts";
import { deleteOldDeliveries } from "../../../../cloud/upkeep/queries/delete-old-deliveries.ts";
import { dropPartitions } from "../../../../cloud/upkeep/queries/drop-partitions.ts";
import { ensurePartitions } from "../../../../cloud/upkeep/queries/ensure-partitions.ts";
import { lockJob } from "../../../../cloud/upkeep/queries/lock-job.ts";
import { ENDED_KEPT_MS, endedByOf, KEYS_AT_ONCE } from "../../../../cloud/upkeep/upkeep.ts";
import type { HotOperation } from "./operations.ts";

const longAgo = (now: Date) => new Date(now.getTime() - ENDED_KEPT_MS);

export const OPERATIONS_OF_UPKEEP: HotOperation[] = [
  { name: "a job is locked", run: async ({ db }) => assert.ok(await db.system((trx) => lockJob(trx, "hot"))) },
  {
    name: "windows, challenges and codes are swept",
    rowsMax: 2_000,
    async run({ db, clock }) {
      const swept = await db.system((trx) => sweepClaiming(trx, clock.now()));
      assert.ok(swept.windows > 100 && swept.challenges > 100 && swept.codes > 30, JSON.stringify(swept));
    },
  },
  {
    name: "sessions that ended are swept",
    rowsMax: 3_000,
    run: async ({ db, clock }) => assert.ok((await db.system((trx) => deleteEndedSessions(trx, clock.now()))) >= 1_200),
  },
  {
    name: "tokens that ended are swept",
    rowsMax: 3_000,
    run: async ({ db, clock }) =>
      assert.ok((await db.system((trx) => deleteEndedTokens(trx, longAgo(clock.now())))) > 500),
  },
  {
    name: "deliveries that are done are swept",
    rowsMax: 3_000,
    run: async ({ db, clock }) =>
      assert.ok((await db.system((trx) => deleteOldDeliveries(trx, longAgo(clock.now())))) > 100),
  },
  {
    name: "the oldest month is dropped",
    run: async ({ db, clock }) => {
      const endedBy = endedByOf(clock.now(), 10);
      assert.is((await db.system((trx) => dropPartitions(trx, { log: "device_events", endedBy }))).length, 1);
    },
  },
  {
    // With each key goes a look for its event, in vain.
    name: "keys of what was dropped are deleted",
    rowsMax: 3 * KEYS_AT_ONCE,
    run: async ({ db, clock }) => {
      const endedBy = endedByOf(clock.now(), 10);
      assert.is(await db.system((trx) => deleteEventKeys(trx, endedBy, KEYS_AT_ONCE)), KEYS_AT_ONCE);
    },
  },
  { name: "months are made ahead", run: ({ db }) => db.system((trx) => ensurePartitions(trx)) },
];
