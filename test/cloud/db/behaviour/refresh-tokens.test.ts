// Families of refresh tokens: each is good once and makes the next; one that comes again was stolen, and then none of them is good.
import { randomUUID } from "node:crypto";
import * as assert from "uvu/assert";
import { eventually } from "../../../support/eventually.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { suite } from "../../../support/suite.ts";
import { openSession, type RoleSession, setScope } from "../walls/role-session.ts";
import { type FilledTenant, fillTwoTenants } from "../walls/two-tenants.ts";

const test = suite("refresh tokens");
let database: TestDatabase;
let owner: RoleSession;
let app: RoleSession;
let first: RoleSession;
let second: RoleSession;
let a: FilledTenant;
let family: string;

test.before(async () => {
  database = await createTestDatabase();
  [owner, app] = [await openSession(database.url), await openSession(database.urls.app)];
  [first, second] = [await openSession(database.urls.system), await openSession(database.urls.system)];
  ({ a } = await fillTwoTenants(owner.client));
});
test.before.each(() => {
  family = randomUUID();
});
test.after(async () => {
  await Promise.all([owner, app, first, second].map((one) => one.stop()));
  await database.stop();
});

/** As the log-in makes the first one of a family; `more` are further columns with their values. */
async function insertToken(name: string, more: Record<string, unknown> = {}): Promise<void> {
  const values = {
    tenant_id: a.tenantId,
    user_id: a.userId,
    token_id: family,
    token_hash: hashOf(name),
    expires_at: "2099-01-01T00:00:00Z",
    ...more,
  };
  const names = Object.keys(values);
  const places = names.map((_name, at) => `$${at + 1}`);
  await owner.client.query(
    `INSERT INTO refresh_tokens (${names.join(", ")}) VALUES (${places.join(", ")})`,
    Object.values(values),
  );
}

function hashOf(name: string): string {
  return `${family}${name}`.replaceAll("-", "").padEnd(64, "0");
}

interface Token {
  token_hash: string;
  is_active: boolean;
  last_used_at: Date | null;
  token_id: string;
  tenant_id: string;
  user_id: string;
  expires_at: Date;
  user_agent: string | null;
}

async function spend(session: RoleSession, name: string, next: string): Promise<Token[]> {
  const answer = await session.client.query<Token>("SELECT * FROM spend_refresh_token($1, $2, $3)", [
    hashOf(name),
    hashOf(next),
    "2099-06-01T00:00:00Z",
  ]);
  return answer.rows;
}

/** The names of those of the family that are good for anything: not spent, not void, not over. */
async function listGood(): Promise<string[]> {
  const found = await owner.client.query<{ token_hash: string }>(
    "SELECT token_hash FROM refresh_tokens WHERE token_id = $1 AND is_active AND last_used_at IS NULL AND expires_at > now()",
    [family],
  );
  const prefix = family.replaceAll("-", "");
  return found.rows.map((row) => row.token_hash.slice(prefix.length).replace(/0+$/, "")).sort();
}

async function countActive(): Promise<number> {
  const found = await owner.client.query("SELECT FROM refresh_tokens WHERE token_id = $1 AND is_active", [family]);
  return found.rowCount ?? 0;
}

test("a token that is spent makes the next one of its family, for the same person in the same tenant", async () => {
  await insertToken("x", { user_agent: "phone" });
  const [next, ...more] = await spend(first, "x", "y");
  assert.equal(more, []);
  assert.equal(
    [
      next?.token_hash,
      next?.token_id,
      next?.tenant_id,
      next?.user_id,
      next?.user_agent,
      next?.is_active,
      next?.last_used_at,
    ],
    [hashOf("y"), family, a.tenantId, a.userId, "phone", true, null],
  );
  assert.is(next?.expires_at.getTime(), Date.UTC(2099, 5, 1));
  assert.equal(await listGood(), ["y"]);
  assert.is((await spend(first, "y", "z")).length, 1);
  assert.equal(await listGood(), ["z"]);
});

test("a token that comes again voids the whole family, those that follow from it included", async () => {
  await insertToken("x");
  await spend(first, "x", "y");
  await spend(first, "y", "z");
  assert.equal(await spend(first, "x", "stolen"), []);
  assert.is(await countActive(), 0);
  assert.equal(await spend(first, "z", "late"), [], "nor is the newest good any more");
  assert.equal(await listGood(), []);
});

test("a spent token that comes again when it is over tells of the theft all the same", async () => {
  await insertToken("x");
  await spend(first, "x", "y");
  await owner.client.query("UPDATE refresh_tokens SET expires_at = now() - interval '1 day' WHERE token_hash = $1", [
    hashOf("x"),
  ]);
  assert.equal(await spend(first, "x", "stolen"), []);
  assert.is(await countActive(), 0);
});

test("another family of the same person is not touched", async () => {
  await insertToken("x");
  await spend(first, "x", "y");
  const stolen = family;
  family = randomUUID();
  await insertToken("p");
  const other = family;
  family = stolen;
  await spend(first, "x", "z");
  family = other;
  assert.equal(await listGood(), ["p"]);
});

const NOT_GOOD: [what: string, more: Record<string, unknown>][] = [
  ["is over", { expires_at: "2020-01-01T00:00:00Z" }],
  ["was voided", { is_active: false, revoked_at: "2026-01-01T00:00:00Z" }],
];
for (const [what, more] of NOT_GOOD)
  test(`a token that ${what} makes none, and is no theft`, async () => {
    await insertToken("x", more);
    await insertToken("sibling");
    assert.equal(await spend(first, "x", "y"), []);
    assert.equal(await listGood(), ["sibling"]);
  });

test("a token that nobody knows makes none", async () => {
  assert.equal(await spend(first, "unknown", "y"), []);
});

test("a void token says since when, and one that is good does not", async () => {
  await insertToken("x");
  for (const set of ["is_active = false", "revoked_at = now()"]) {
    const done = await owner.inside(null, () =>
      owner.attempt(`UPDATE refresh_tokens SET ${set} WHERE token_id = $1`, [family]),
    );
    assert.is(done.error?.constraint, "refresh_tokens_revoked_whole");
  }
});

async function waitUntilBlocked(session: RoleSession): Promise<void> {
  const pid = (session.client as { processID?: number }).processID;
  await eventually(
    async () => {
      const found = await owner.client.query("SELECT FROM pg_locks WHERE pid = $1 AND NOT granted", [pid]);
      return (found.rowCount ?? 0) > 0;
    },
    { withinMs: 5_000, because: "the second waits for the first" },
  );
}

test("of two that spend one token at once one gets the next, and the other one's coming voids it", async () => {
  await insertToken("x");
  await first.client.query("BEGIN");
  assert.is((await spend(first, "x", "y")).length, 1);
  const late = spend(second, "x", "z");
  await waitUntilBlocked(second);
  await first.client.query("COMMIT");
  assert.equal(await late, []);
  assert.is(await countActive(), 0);
});

test("where the first of two is undone, the second gets the next", async () => {
  await insertToken("x");
  await first.client.query("BEGIN");
  await spend(first, "x", "y");
  const late = spend(second, "x", "z");
  await waitUntilBlocked(second);
  await first.client.query("ROLLBACK");
  assert.is((await late).length, 1);
  assert.equal(await listGood(), ["z"]);
});

test("a theft that shows while the newest token is being spent leaves no successor good", async () => {
  await insertToken("x");
  await spend(first, "x", "y");
  await first.client.query("BEGIN");
  assert.is((await spend(first, "y", "z")).length, 1);
  const theft = spend(second, "x", "stolen");
  await waitUntilBlocked(second);
  await first.client.query("COMMIT");
  assert.equal(await theft, []);
  assert.is(await countActive(), 0);
});

test("logging out while a token is being spent leaves no successor good", async () => {
  await insertToken("x");
  await first.client.query("BEGIN");
  await spend(first, "x", "y");
  const out = (async () => {
    await app.client.query("BEGIN");
    await setScope(app.client, a.tenantId, a.userId);
    const answer = await app.client.query("SELECT revoke_refresh_tokens($1) AS voided", [family]);
    await app.client.query("COMMIT");
    return answer.rows;
  })();
  await waitUntilBlocked(app);
  await first.client.query("COMMIT");
  assert.equal(await out, [{ voided: 2 }]);
  assert.is(await countActive(), 0);
});

test("nobody logs another person out", async () => {
  await insertToken("x");
  const stranger = { tenantId: a.tenantId, userId: randomUUID() };
  const tried = await app.inside(stranger, () => app.attempt("SELECT revoke_refresh_tokens($1) AS voided", [family]));
  assert.equal(tried.rows, [{ voided: 0 }]);
  assert.equal(await listGood(), ["x"]);
});

test("of many that spend one token at once exactly one gets the next, and none of it stays good", async () => {
  await insertToken("x");
  const sessions = await Promise.all(Array.from({ length: 8 }, () => openSession(database.urls.system)));
  try {
    const answers = await Promise.all(
      Array.from({ length: 24 }, async (_none, at) => spend(sessions[at % 8] ?? first, "x", `n${at + 1}`)),
    );
    assert.is(answers.flat().length, 1);
    assert.is(await countActive(), 0);
  } finally {
    await Promise.all(sessions.map((one) => one.stop()));
  }
});
