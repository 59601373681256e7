// The walls between tenants, as the catalogue of a migrated database describes them: every rule holds, every exception has its reason, and
// every rule catches what it is there to catch [TENANT-3].
import pg from "pg";
import * as assert from "uvu/assert";
import { createTestDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { suite } from "../../../support/suite.ts";
import { type CatalogueRule, findOffences, findOffencesAfter } from "./catalogue-rule.ts";
import { FUNCTION_RULES } from "./function-rules.ts";
import { GRANT_RULES } from "./grant-rules.ts";
import { KEY_RULES } from "./key-rules.ts";
import { POLICY_RULES } from "./policy-rules.ts";
import { TABLE_RULES } from "./table-rules.ts";

const RULES: CatalogueRule[] = [...POLICY_RULES, ...GRANT_RULES, ...FUNCTION_RULES, ...KEY_RULES, ...TABLE_RULES];

const kept = suite("the rules of the catalogue, kept", { limitMs: 60_000 });
let database: TestDatabase;
let owner: pg.Client;

kept.before(async () => {
  database = await createTestDatabase();
  owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
});
kept.after(async () => {
  await owner.end();
  await database.stop();
});

for (const rule of RULES)
  kept(rule.name, async () => {
    const allowed = rule.allowed ?? {};
    const found = await findOffences(owner, rule);
    const offences = found.filter((one) => !Object.hasOwn(allowed, one));
    assert.equal(offences, [], `${rule.reason}: ${offences.join("; ")}`);
    const needless = Object.keys(allowed).filter((one) => !found.includes(one));
    assert.equal(needless, [], "exceptions that nothing needs");
    for (const reason of Object.values(allowed)) assert.ok(reason.length > 10, reason);
  });

for (const rule of RULES)
  kept(`caught where broken: ${rule.name}`, async () => {
    assert.ok(rule.broken.length > 0, "a rule that cannot fail is none");
    for (const { by, offence } of rule.broken) {
      assert.not.ok((await findOffences(owner, rule)).includes(offence), `${offence} is there already`);
      const found = await findOffencesAfter(owner, by, rule);
      // An ordinary owner may not even break it.
      if (found === "forbidden") continue;
      assert.ok(found.includes(offence), `${by}\n  is not caught as ${offence}, but as ${found.join("; ")}`);
    }
  });

kept("the rules saw the tables, and their partitions", async () => {
  const seen = await owner.query<{ tables: number; partitions: number }>(
    `SELECT count(*) FILTER (WHERE NOT relispartition)::int AS tables, count(*) FILTER (WHERE relispartition)::int AS partitions
      FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')`,
  );
  const { tables = 0, partitions = 0 } = seen.rows[0] ?? {};
  assert.ok(tables >= 35 && partitions >= 15, JSON.stringify(seen.rows));
  assert.is(new Set(RULES.map((rule) => rule.name)).size, RULES.length, "two rules share a name");
});
