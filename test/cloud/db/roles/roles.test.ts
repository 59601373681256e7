// The roles of a cluster: made by whoever may, by many at once, and refused where the walls between tenants would not hold them.
import pg from "pg";
import * as assert from "uvu/assert";
import { ensureRoles, ROLES } from "../../../../cloud/db/roles/roles.ts";
import { RolesError } from "../../../../cloud/db/roles/roles-error.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { addressOf, createOwned, emptyServer, ROLE_SERVERS, type RoleServer, runStatements } from "./role-servers.ts";

const ATTRIBUTES = `SELECT rolname AS name,
  rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication OR rolinherit OR rolcanlogin AS mighty
  FROM pg_roles WHERE rolname LIKE 'trapline\\__%' ORDER BY 1`;

async function ensure(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await ensureRoles(client);
  } finally {
    await client.end();
  }
}

async function getRolesError(url: string): Promise<RolesError> {
  const error = await getRejection(ensure(url));
  assert.ok(error instanceof RolesError, String(error));
  return error;
}

/** What stands in the way, done as a superuser in the owner's database, and how the mending statement begins. */
const POWERS: { power: string; statements: string[]; mend: RegExp }[] = [
  { power: "superuser", statements: ["ALTER ROLE trapline_app SUPERUSER"], mend: /^ALTER ROLE trapline_app NOSUPER/ },
  { power: "BYPASSRLS", statements: ["ALTER ROLE trapline_ingest BYPASSRLS"], mend: /^ALTER ROLE trapline_ingest / },
  { power: "CREATEROLE", statements: ["ALTER ROLE trapline_system CREATEROLE"], mend: /^ALTER ROLE trapline_system / },
  {
    power: "a table of its own",
    statements: ["CREATE TABLE hers (id int)", "ALTER TABLE hers OWNER TO trapline_app"],
    mend: /^REASSIGN OWNED BY trapline_app TO house$/,
  },
  {
    power: "the role that may read everything",
    statements: ["GRANT pg_read_all_data TO trapline_app"],
    mend: /^REVOKE pg_read_all_data FROM trapline_app$/,
  },
  {
    power: "another of the three",
    statements: ["GRANT trapline_system TO trapline_app"],
    mend: /^REVOKE trapline_system FROM trapline_app$/,
  },
  {
    power: "a group that owns the database",
    statements: [
      "CREATE ROLE owners",
      "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO owners', current_database()); END $$",
    ].concat("GRANT owners TO trapline_ingest"),
    mend: /^REVOKE owners FROM trapline_ingest$/,
  },
  {
    power: "a group within a group that was granted a table",
    statements: ["CREATE ROLE inner_group", "CREATE ROLE outer_group", "GRANT inner_group TO outer_group"].concat(
      "GRANT outer_group TO trapline_app",
      "CREATE TABLE secrets (id int)",
      "GRANT SELECT ON secrets TO inner_group",
    ),
    mend: /^REVOKE outer_group FROM trapline_app$/,
  },
];

for (const [name, start] of Object.entries(ROLE_SERVERS)) {
  const test = suite(`roles on ${name}`);
  let server: RoleServer;

  test.before(async () => {
    server = await start();
  });
  test.after(() => server?.stop());
  test.after.each(() => emptyServer(server));

  test("a superuser makes the roles, which can do nothing, and finds them made afterwards", async () => {
    for (const time of ["first", "again"]) {
      await ensure(server.adminUrl);
      const found = await runStatements(server.adminUrl, ATTRIBUTES);
      assert.equal(
        found,
        ROLES.map((role) => ({ name: role, mighty: false })),
        time,
      );
    }
  });

  test("an ordinary owner makes them where it may create roles", async () => {
    const url = await createOwned(server, "one", { name: "house", attributes: "CREATEROLE" });
    await ensure(url);
    await ensure(url);
    assert.is((await runStatements(server.adminUrl, ATTRIBUTES)).length, 3);
  });

  test("an owner that may not create roles says what an administrator has to run, and is content when that was run", async () => {
    await runStatements(server.adminUrl, "CREATE ROLE trapline_ingest");
    const url = await createOwned(server, "one", { name: "house" });
    const error = await getRolesError(url);
    assert.is(error.code, "roles-missing");
    assert.equal(error.data.missing, ["trapline_app", "trapline_system"]);
    assert.match(error.message, /\n {2}CREATE ROLE trapline_app NOLOGIN .*;\n {2}CREATE ROLE trapline_system /);
    await runStatements(server.adminUrl, ...error.statements);
    await ensure(url);
  });

  test("many programs in two databases make them at once", async () => {
    const one = await createOwned(server, "one", { name: "house", attributes: "CREATEROLE" });
    const two = await createOwned(server, "two", { name: "barn", attributes: "CREATEROLE" });
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(Array.from({ length: 10 }, (_, index) => ensure(index % 2 === 0 ? one : two)));
      assert.is((await runStatements(server.adminUrl, ATTRIBUTES)).length, 3);
      await runStatements(server.adminUrl, ...ROLES.map((role) => `DROP ROLE ${role}`));
    }
  });

  test("a role the walls would not hold is refused and left as it is, with the statement that mends it", async () => {
    const url = await createOwned(server, "one", { name: "house", attributes: "CREATEROLE" });
    await ensure(url);
    const asAdmin = new URL(server.adminUrl);
    asAdmin.pathname = "/one";
    for (const { power, statements, mend } of POWERS) {
      await runStatements(asAdmin.href, ...statements);
      const error = await getRolesError(url);
      assert.is(error.code, "role-too-powerful", power);
      assert.is(error.statements.length, 1, error.message);
      assert.match(error.statements[0] ?? "", mend, power);
      assert.equal((await getRolesError(url)).statements, error.statements, power);
      await runStatements(asAdmin.href, ...error.statements);
      await ensure(url);
    }
  });

  test("a group that has nothing to do with this database is no harm", async () => {
    const url = await createOwned(server, "one", { name: "house", attributes: "CREATEROLE" });
    const other = await createOwned(server, "two", { name: "barn" });
    await runStatements(other, "CREATE TABLE barns (id int)");
    await ensure(url);
    await runStatements(server.adminUrl, "CREATE ROLE log_in_by_token", "GRANT log_in_by_token, barn TO trapline_app");
    await ensure(url);
  });

  test("the roles are let into a database that is closed to the public", async () => {
    const url = await createOwned(server, "one", { name: "house", attributes: "CREATEROLE" });
    await runStatements(server.adminUrl, "REVOKE ALL ON DATABASE one FROM PUBLIC");
    await Promise.all(Array.from({ length: 6 }, () => ensure(url)));
    const [row] = await runStatements(
      server.adminUrl,
      `SELECT bool_and(has_database_privilege(rolname, 'one', 'CONNECT')) AS let_in,
        bool_or(has_database_privilege(rolname, 'one', 'CREATE')) AS more FROM pg_roles WHERE rolname LIKE 'trapline\\__%'`,
    );
    assert.equal(row, { let_in: true, more: false });
  });

  test("who cannot let them in says what the owner has to run", async () => {
    await createOwned(server, "one", { name: "house" });
    await ensure(server.adminUrl);
    await runStatements(
      server.adminUrl,
      "CREATE ROLE guest LOGIN PASSWORD 'guest'",
      "REVOKE ALL ON DATABASE one FROM PUBLIC",
      "GRANT CONNECT ON DATABASE one TO guest",
    );
    const error = await getRolesError(addressOf(server, "one", "guest", "guest"));
    assert.is(error.code, "connect-missing");
    assert.equal(
      error.statements,
      ROLES.map((role) => `GRANT CONNECT ON DATABASE one TO ${role}`),
    );
  });

  test("one of the three cannot be the owner itself", async () => {
    await createOwned(server, "one", { name: "trapline_app" });
    const error = await getRolesError(addressOf(server, "one", "trapline_app", "trapline_app"));
    assert.is(error.code, "owner-unfit");
  });
}
