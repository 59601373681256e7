// Ways around the wall, tried one by one as the cloud's roles: other roles, switches, partitions, copies, statistics, and functions and
// tables of one's own that pretend to be ours [TENANT-3].
import { text as readText } from "node:stream/consumers";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import * as assert from "uvu/assert";
import { createTestDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { openSession, type RoleSession } from "./role-session.ts";
import { type FilledTenant, fillTwoTenants } from "./two-tenants.ts";

const test = suite("ways around the wall", { limitMs: 60_000 });
let database: TestDatabase;
let owner: RoleSession;
let app: RoleSession;
let system: RoleSession;
let roles: [name: string, session: RoleSession][];
let a: FilledTenant;
let b: FilledTenant;

test.before(async () => {
  database = await createTestDatabase();
  owner = await openSession(database.url);
  app = await openSession(database.urls.app);
  system = await openSession(database.urls.system);
  roles = [
    ["trapline_app", app],
    ["trapline_ingest", await openSession(database.urls.ingest)],
    ["trapline_system", system],
  ];
  ({ a, b } = await fillTwoTenants(owner.client));
  await owner.client.query("ANALYZE");
});
test.after(async () => {
  await Promise.all([owner, ...roles.map(([, session]) => session)].map((one) => one.stop()));
  await database.stop();
});

/** What a role may see of traps while it acts for the first tenant. */
async function listSeen(session: RoleSession): Promise<unknown[]> {
  return (await session.attempt("SELECT tenant_id FROM devices")).rows.map((row) => row.tenant_id);
}

test("no role becomes another, by whatever name", async () => {
  const { rows } = await owner.client.query<{ owner: string }>("SELECT current_user AS owner");
  const others = [rows[0]?.owner ?? "", "trapline_app", "trapline_ingest", "trapline_system", "pg_read_all_data"];
  for (const [name, session] of roles)
    for (const other of others.filter((one) => one !== name))
      for (const text of [`SET ROLE ${other}`, `SET SESSION AUTHORIZATION ${other}`])
        assert.is((await session.inside(a, () => session.attempt(text))).error?.code, "42501", `${name}: ${text}`);
});

test("going back to the role one began as changes nothing", async () => {
  for (const text of ["RESET ROLE", "RESET SESSION AUTHORIZATION", "SET ROLE NONE", "DISCARD TEMP"]) {
    const seen = await app.inside(a, async () => {
      assert.is((await app.attempt(text)).error, null, text);
      const who = await app.attempt("SELECT current_user AS now, session_user AS begun");
      assert.equal(who.rows, [{ now: "trapline_app", begun: "trapline_app" }]);
      return listSeen(app);
    });
    assert.equal(seen, [a.tenantId], text);
  }
  await app.client.query("RESET ALL");
  assert.equal(await app.inside(null, () => listSeen(app)), []);
});

test("without row-level security a query is refused, instead of shown more", async () => {
  for (const [name, session] of roles.slice(0, 2)) {
    const seen = await session.inside(a, async () => {
      await session.attempt("SET LOCAL row_security = off");
      return session.attempt("SELECT id FROM devices");
    });
    assert.equal([seen.error?.code, seen.rows], ["42501", []], name);
    assert.match(seen.error?.message ?? "", /would be affected by row-level security/);
  }
});

const OWNERS_ALONE = [
  "ALTER TABLE devices DISABLE ROW LEVEL SECURITY",
  "ALTER TABLE devices NO FORCE ROW LEVEL SECURITY",
  "CREATE POLICY mine ON devices USING (true)",
  "ALTER POLICY tenant_wall ON devices USING (true)",
  "DROP POLICY tenant_wall ON devices",
  "DROP POLICY user_wall ON refresh_tokens",
  "TRUNCATE tasks",
  "CREATE TABLE public.mine (id integer)",
  "CREATE VIEW public.mine AS SELECT * FROM devices",
  "CREATE FUNCTION public.mine() RETURNS integer LANGUAGE sql RETURN 1",
  "CREATE OR REPLACE FUNCTION current_tenant_id() RETURNS uuid LANGUAGE sql RETURN NULL::uuid",
  "ALTER FUNCTION current_tenant_id() RENAME TO was_current_tenant_id",
  "CREATE TRIGGER mine AFTER UPDATE ON devices FOR EACH ROW EXECUTE FUNCTION set_updated_at()",
  "CREATE SCHEMA mine",
  "CREATE ROLE mine",
  "CREATE EXTENSION dblink",
  "ALTER ROLE trapline_app BYPASSRLS",
  "ALTER ROLE trapline_app SUPERUSER",
  "GRANT trapline_system TO trapline_app",
  "SET session_replication_role = replica",
  "DO LANGUAGE plpgsql $$ BEGIN PERFORM pg_read_file('postgresql.conf'); END $$",
  "SELECT rolpassword FROM pg_authid",
  "SELECT passwd FROM pg_shadow",
  "SELECT stavalues1 FROM pg_statistic",
  "COPY devices TO '/dev/null'",
  "COPY devices TO PROGRAM 'cat'",
];

test("what only the owner may do is refused to every role", async () => {
  for (const [name, session] of roles)
    for (const text of OWNERS_ALONE) {
      const done = await session.inside(a, () => session.attempt(text));
      const refusal = `${done.error?.code} ${done.error?.message}`;
      assert.match(refusal, /^(42501|0LP01) /, `${name}: ${text}: ${done.error === null ? "was done" : refusal}`);
    }
});

test("what a role was granted it passes on to nobody", async () => {
  for (const [name, session] of roles)
    await session.inside(a, async () => {
      await session.attempt("GRANT ALL ON devices, users, sessions TO PUBLIC, pg_monitor");
      const granted = await session.attempt(
        "SELECT FROM pg_class c, aclexplode(c.relacl) g WHERE relname IN ('devices', 'users', 'sessions') AND g.grantee IN (0, 'pg_monitor'::regrole)",
      );
      assert.equal([granted.error, granted.count], [null, 0], name);
    });
});

test("a partition is read by its own name by nobody", async () => {
  const found = await owner.client.query<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE relispartition AND relkind = 'r' AND relnamespace = 'public'::regnamespace",
  );
  assert.ok(found.rows.length >= 15);
  for (const [role, session] of roles)
    for (const { name } of found.rows)
      for (const text of [`SELECT * FROM ${name}`, `DELETE FROM ${name}`, `INSERT INTO ${name} DEFAULT VALUES`])
        assert.is((await session.inside(a, () => session.attempt(text))).error?.code, "42501", `${role}: ${text}`);
});

test("a copy of a table holds one tenant's rows, and nothing is copied in past the wall", async () => {
  await app.inside(a, async () => {
    const copied = await readText(app.client.query(copyTo("COPY devices (tenant_id, name) TO STDOUT")));
    assert.is(copied, `${a.tenantId}\tTrap of a\n`);
  });
  const line = `${b.tenantId}\tforged\n`;
  const error = await app.inside(a, () =>
    getRejection(
      new Promise((resolve, reject) => {
        const into = app.client.query(copyFrom("COPY sites (tenant_id, name) FROM STDIN"));
        into.on("error", reject).on("finish", resolve);
        into.end(line);
      }),
    ),
  );
  assert.match(String(error), /COPY FROM not supported with row-level security/);
});

test("the planner's statistics, which quote values, are shown of no walled table", async () => {
  const analysed = await owner.client.query(
    "SELECT FROM pg_class WHERE relname IN ('devices', 'users', 'sessions') AND reltuples > 0",
  );
  assert.is(analysed.rowCount, 3, "there are statistics to see");
  for (const [name, session] of roles) {
    const text =
      "SELECT tablename, attname, most_common_vals FROM pg_stats WHERE schemaname = 'public' AND tablename <> 'schema_migrations'";
    assert.equal((await session.inside(a, () => session.attempt(text))).rows, [], name);
  }
});

test("what another role is asking is not shown", async () => {
  await owner.client.query("SELECT 'a secret of the owner'");
  await system.client.query("SELECT 'a secret of the system'");
  for (const [name, session] of roles.slice(0, 2)) {
    const seen = await session.inside(a, () => session.attempt("SELECT query, client_port FROM pg_stat_activity"));
    assert.not.match(JSON.stringify(seen.rows.filter((row) => row.client_port !== null)), /a secret of/, name);
  }
});

test("a condition of one's own is not asked of another tenant's rows", async () => {
  await app.inside(a, async () => {
    await app.client.query(`CREATE FUNCTION pg_temp.tell(what text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS
      $$ BEGIN RAISE NOTICE 'told %', what; RETURN true; END $$`);
    const seen = await app.attempt("SELECT name FROM devices WHERE pg_temp.tell(name)");
    assert.equal(seen.rows, [{ name: "Trap of a" }]);
    assert.equal(
      app.notices.filter((one) => one.startsWith("told")),
      ["told Trap of a"],
    );
    // An error is a way to tell as well.
    const guessed = await app.attempt(
      "SELECT name FROM devices WHERE 1 / (CASE name WHEN 'Trap of b' THEN 0 ELSE 1 END) = 1",
    );
    assert.equal([guessed.error, guessed.rows], [null, [{ name: "Trap of a" }]]);
  });
});

test("functions and tables of one's own do not pass for ours", async () => {
  await app.inside(a, async () => {
    await app.client.query(
      `CREATE FUNCTION pg_temp.current_tenant_id() RETURNS uuid LANGUAGE sql RETURN '${b.tenantId}'::uuid`,
    );
    await app.client.query("CREATE TEMP TABLE user_tenant_memberships (user_id uuid, tenant_id uuid)");
    await app.client.query("INSERT INTO user_tenant_memberships VALUES ($1, $2)", [b.userId, a.tenantId]);
    await app.client.query("SET LOCAL search_path = pg_temp, public");
    assert.equal(await listSeen(app), [a.tenantId]);
    assert.equal((await app.attempt("SELECT id FROM users")).rows, [{ id: a.userId }]);
  });
});

test("nothing of the caller's runs as the owner", async () => {
  await system.inside(null, async () => {
    await system.client.query(`CREATE FUNCTION pg_temp.tell(what pg_catalog.text) RETURNS boolean LANGUAGE plpgsql AS
      $$ BEGIN RAISE NOTICE 'ran as %', current_user; RETURN true; END $$`);
    for (const type of ["text", "timestamptz", "record", "integer", "uuid"])
      await system.attempt(
        `CREATE DOMAIN pg_temp.${type} AS pg_catalog.${type} CHECK (pg_temp.tell(VALUE::pg_catalog.text))`,
      );
    for (const table of ["subscriptions", "devices", "tasks", "pg_inherits", "pg_class"])
      await system.attempt(
        `CREATE TEMP TABLE ${table} (tenant_id pg_catalog.uuid, max_devices int4, id pg_catalog.uuid)`,
      );
    const values = [b.tenantId, "24:0a:c4:99:99:99"];
    const claimed = await system.attempt(
      "INSERT INTO public.devices (tenant_id, mac_address, name, kind) VALUES ($1, $2, 'x', 'snap')",
      values,
    );
    assert.is(claimed.error, null);
    assert.is((await system.attempt("SELECT public.ensure_partitions(5)")).error, null);
    assert.is(
      (await system.attempt("SELECT public.drop_partitions('audit_logs', now() - interval '1 year')")).error,
      null,
    );
    const told = system.notices.filter((one) => one.startsWith("ran as") && one !== "ran as trapline_system");
    assert.equal(told, []);
  });
});

test("functions that are not a role's are refused to it, and those of triggers to everybody", async () => {
  const calls: [text: string, allowed: string[]][] = [
    ["SELECT ensure_partitions(1)", ["trapline_system"]],
    ["SELECT drop_partitions('audit_logs', '2020-01-01')", ["trapline_system"]],
    ["SELECT delete_event_keys('2020-01-01', 1)", ["trapline_system"]],
    ["SELECT cleanup_expired_claiming_devices()", ["trapline_system"]],
    ["SELECT spend_refresh_token('a', 'b', now())", ["trapline_system"]],
    ["SELECT create_partition('audit_logs', 'created_at', now())", []],
    ["SELECT list_logs_by_month()", []],
    ["SELECT open_visit()", []],
    ["SELECT check_device_limit()", []],
    ["SELECT notify_property_change()", []],
  ];
  for (const [text, allowed] of calls)
    for (const [name, session] of roles) {
      const done = await session.inside(a, () => session.attempt(text));
      assert.is(done.error?.code, allowed.includes(name) ? undefined : "42501", `${name}: ${text}`);
    }
});

test("a tenant that is named for the length of a transaction is forgotten at its end, however it ends", async () => {
  const read = () => app.client.query("SELECT nullif(current_setting('app.current_tenant_id', true), '') AS tenant");
  for (const end of ["COMMIT", "ROLLBACK"])
    for (const text of ["SELECT 1", "SELECT 1 / 0", "SELECT FROM nothing", "SAVEPOINT one"]) {
      await app.client.query("BEGIN");
      await app.client.query("SELECT set_config('app.current_tenant_id', $1, true)", [b.tenantId]);
      await app.client.query(text).catch(() => undefined);
      await app.client.query(end);
      assert.equal((await read()).rows, [{ tenant: null }], `${text}; ${end}`);
    }
});
