// How the cloud logs in as its three roles, given the owner's address alone: what is derived, what is set, and what is left alone.
import * as fs from "node:fs";
import * as path from "node:path";
import pg from "pg";
import * as assert from "uvu/assert";
import { checkLogins } from "../../../../cloud/db/roles/given-logins.ts";
import { type DatabaseUrls, deriveUrls, prepareLogins } from "../../../../cloud/db/roles/logins.ts";
import { RolesError } from "../../../../cloud/db/roles/roles-error.ts";
import { eventually } from "../../../support/eventually.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { addressOf, createOwned, emptyServer, ROLE_SERVERS, type RoleServer, runStatements } from "./role-servers.ts";

const derived = suite("derived logins");

const ADDRESSES: { owner: string; app: RegExp; what: string }[] = [
  {
    what: "a password",
    owner: "postgres://house:secret@db.example:5433/trapline",
    app: /^postgres:\/\/trapline_app:[0-9a-f]{64}@db\.example:5433\/trapline$/,
  },
  {
    what: "settings of the connection",
    owner: "postgresql://house:secret@db.example/trapline?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem",
    app: /^postgresql:\/\/trapline_app:[0-9a-f]{64}@db\.example\/trapline\?sslmode=verify-full&sslrootcert=%2Fetc%2Fca\.pem$/,
  },
  {
    what: "no password",
    owner: "postgres://house@localhost/trapline",
    app: /^postgres:\/\/trapline_app@localhost\/trapline$/,
  },
  {
    what: "a socket",
    owner: "postgres:///trapline?host=/var/run/postgresql&user=house&password=secret",
    app: /^postgres:\/\/\/trapline\?host=%2Fvar%2Frun%2Fpostgresql&user=trapline_app&password=[0-9a-f]{64}$/,
  },
];
for (const { what, owner, app } of ADDRESSES) {
  derived(`an address with ${what} keeps everything but user and password`, () => {
    assert.match(deriveUrls(owner).app, app);
  });
}

derived("each role has a password of its own, which follows from the owner's password and nothing else", () => {
  const passwords = (owner: string) => Object.values(deriveUrls(owner)).map((url) => new URL(url).password);
  const one = passwords("postgres://house:s%40cret@db.example/trapline");
  assert.is(new Set(one).size, 3);
  assert.equal(passwords("postgres://barn:s%40cret@elsewhere/other"), one);
  assert.equal(passwords("postgres://elsewhere/other?user=barn&password=s@cret"), one);
  assert.not.equal(passwords("postgres://house:secret@db.example/trapline"), one);
  assert.not(one.some((password) => password.includes("cret")));
});

derived("an address that cannot be read is refused without being repeated", () => {
  for (const address of ["postgres://house:a/b#c@d:e@host/db", "postgres://house:100%@host/db"]) {
    try {
      deriveUrls(address);
      assert.unreachable(address);
    } catch (error) {
      assert.ok(error instanceof RolesError, String(error));
      assert.is(error.code, "address-malformed");
      assert.not.match(error.message, /a\/b|100/);
    }
  }
});

async function getRolesError(failing: string | Promise<unknown>): Promise<RolesError> {
  const error = await getRejection(typeof failing === "string" ? prepareLogins(failing) : failing);
  assert.ok(error instanceof RolesError, String(error));
  return error;
}

async function assertLogins(urls: DatabaseUrls): Promise<void> {
  const names = await Promise.all(Object.values(urls).map((url) => runStatements(url, "SELECT current_user AS name")));
  assert.equal(
    names.flat().map(({ name }) => name),
    ["trapline_app", "trapline_ingest", "trapline_system"],
  );
}

for (const [name, start] of Object.entries(ROLE_SERVERS)) {
  const test = suite(`logins on ${name}`);
  let server: RoleServer;

  test.before(async () => {
    server = await start();
  });
  test.after(() => server?.stop());
  test.after.each(() => emptyServer(server));

  const HOUSE = { name: "house", attributes: "CREATEROLE", password: "50% of @ll, 'house' & \"barn\": #1/2?" };

  test("the owner's address is enough, for a superuser and for an ordinary owner, and a second time nothing is altered", async () => {
    await assertLogins(await prepareLogins(`${server.adminUrl}?sslmode=disable`));
    await emptyServer(server);
    const url = await createOwned(server, "one", HOUSE);
    const urls = await prepareLogins(url);
    await assertLogins(urls);
    assert.equal(urls, deriveUrls(url));
    const readKept = () =>
      runStatements(server.adminUrl, "SELECT rolname, rolpassword, xmin FROM pg_authid WHERE rolcanlogin");
    const kept = await readKept();
    await prepareLogins(url);
    assert.equal(await readKept(), kept);
  });

  test("no password stands in a statement, whatever the server logs", async () => {
    const url = await createOwned(server, "one", HOUSE);
    await runStatements(server.adminUrl, "ALTER ROLE house SET log_statement = 'all'");
    const urls = await prepareLogins(url);
    const log = fs.readFileSync(path.join(server.dataDir, "postgres.log"), "utf8");
    assert.match(log, /ALTER ROLE trapline_app LOGIN PASSWORD 'SCRAM-SHA-256\$/);
    for (const one of Object.values(urls)) assert.not(log.includes(new URL(one).password));
  });

  test("many programs in two databases of one owner prepare them at once", async () => {
    const one = await createOwned(server, "one", HOUSE);
    const two = await createOwned(server, "two", HOUSE);
    const all = await Promise.all(Array.from({ length: 12 }, (_, index) => prepareLogins(index % 2 === 0 ? one : two)));
    await Promise.all(all.slice(0, 2).map(assertLogins));
  });

  test("an owner with a new password takes its logins along", async () => {
    const before = await prepareLogins(await createOwned(server, "one", HOUSE));
    await runStatements(server.adminUrl, "ALTER ROLE house PASSWORD 'another'");
    const after = await prepareLogins(addressOf(server, "one", "house", "another"));
    assert.not.equal(after, before);
    await assertLogins(after);
    assert.match(String(await getRejection(runStatements(before.app, "SELECT 1"))), /password authentication failed/);
  });

  test("a second owner on the same server does not take the first one's logins away", async () => {
    const first = await prepareLogins(await createOwned(server, "one", HOUSE));
    const second = await createOwned(server, "two", { name: "barn", attributes: "CREATEROLE" });
    const error = await getRolesError(second);
    assert.is(error.code, "login-taken");
    assert.match(
      error.message,
      /TRAPLINE_APP_DATABASE_URL, TRAPLINE_INGEST_DATABASE_URL, TRAPLINE_SYSTEM_DATABASE_URL/,
    );
    assert.equal(error.statements, ["ALTER ROLE trapline_app NOLOGIN"]);
    await assertLogins(first);
  });

  test("nor those an administrator has set", async () => {
    await runStatements(server.adminUrl, "CREATE ROLE trapline_ingest LOGIN PASSWORD 'set by hand' NOINHERIT");
    assert.is((await getRolesError(await createOwned(server, "one", HOUSE))).code, "login-taken");
    await runStatements(addressOf(server, "one", "trapline_ingest", "set by hand"), "SELECT 1");
  });

  test("an owner that may alter no role says what an administrator has to run, and that suffices", async () => {
    const url = await createOwned(server, "one", { ...HOUSE, attributes: "" });
    const missing = await getRolesError(url);
    assert.is(missing.code, "roles-missing");
    await runStatements(server.adminUrl, ...missing.statements);
    for (const role of ["trapline_app", "trapline_ingest", "trapline_system"]) {
      const error = await getRolesError(url);
      assert.is(error.code, "login-forbidden");
      assert.is(error.data.role, role);
      await runStatements(server.adminUrl, ...error.statements);
    }
    await assertLogins(await prepareLogins(url));
  });

  test("roles that another owner made are opened where the version lets any CREATEROLE, and else it says what to run", async () => {
    const url = await createOwned(server, "one", HOUSE);
    const barn = await createOwned(server, "two", { name: "barn", attributes: "CREATEROLE" });
    await runStatements(barn, ...["app", "ingest", "system"].map((one) => `CREATE ROLE trapline_${one} NOINHERIT`));
    const [row] = await runStatements(url, "SELECT current_setting('server_version_num')::int < 160000 AS lax");
    if (row?.lax) await assertLogins(await prepareLogins(url));
    else assert.is((await getRolesError(url)).code, "login-forbidden");
  });

  test("a database closed to the public is opened to the roles, even if they could log in already", async () => {
    const url = await createOwned(server, "one", HOUSE);
    await prepareLogins(url);
    await runStatements(
      server.adminUrl,
      "REVOKE ALL ON DATABASE one FROM PUBLIC, trapline_app, trapline_ingest, trapline_system",
    );
    await assertLogins(await prepareLogins(url));
  });

  test("a server that trusts its callers needs no passwords, and one that shuts a role out is named as the reason", async () => {
    const file = path.join(server.dataDir, "cluster", "pg_hba.conf");
    const rules = fs.readFileSync(file, "utf8");
    await createOwned(server, "trusting", HOUSE);
    const shut = await createOwned(server, "shut", HOUSE);
    fs.writeFileSync(
      file,
      `host trusting all 127.0.0.1/32 trust\nhost shut trapline_ingest 127.0.0.1/32 reject\n${rules}`,
    );
    try {
      await runStatements(server.adminUrl, "SELECT pg_reload_conf()");
      const trusting = addressOf(server, "trusting", "house", "");
      await eventually(() => runStatements(trusting, "SELECT 1"), {
        withinMs: 5_000,
        because: "the server has read its new rules",
      });
      const urls = await prepareLogins(trusting);
      await assertLogins(urls);
      assert.is(new URL(urls.app).password, "");
      const passwords = "SELECT FROM pg_authid WHERE rolname LIKE 'trapline\\__%' AND rolpassword IS NOT NULL";
      assert.is((await runStatements(server.adminUrl, passwords)).length, 0);
      const error = await getRolesError(shut);
      assert.is(error.code, "login-refused");
      assert.is(error.data.role, "trapline_ingest");
      assert.match(error.message, /pg_hba.*TRAPLINE_INGEST_DATABASE_URL/);
    } finally {
      fs.writeFileSync(file, rules);
      await runStatements(server.adminUrl, "SELECT pg_reload_conf()");
    }
  });

  test("given addresses may log in as the roles or as others that were granted them, and nobody alters anything", async () => {
    const url = await createOwned(server, "one", HOUSE);
    const urls = await prepareLogins(url);
    await runStatements(
      url,
      "CREATE TABLE traps (id int)",
      "CREATE ROLE clerk LOGIN PASSWORD 'clerk' IN ROLE trapline_app",
    );
    await checkLogins(urls);
    await checkLogins({ ...urls, app: addressOf(server, "one", "clerk", "clerk") });
  });

  test("given addresses that the walls would not hold, or that fit nobody, are refused by the variable's name", async () => {
    const url = await createOwned(server, "one", HOUSE);
    const urls = await prepareLogins(url);
    await runStatements(
      url,
      "CREATE TABLE traps (id int)",
      "CREATE ROLE clerk LOGIN PASSWORD 'clerk'",
      "CREATE ROLE janus LOGIN PASSWORD 'janus' IN ROLE trapline_app, trapline_system",
    );
    await runStatements(server.adminUrl, "GRANT trapline_app TO house");
    const wrong: [keyof DatabaseUrls, string, string, RegExp][] = [
      [
        "app",
        urls.system,
        "login-unfit",
        /TRAPLINE_APP_DATABASE_URL logs in as trapline_system.*\n {2}GRANT trapline_app TO/,
      ],
      [
        "ingest",
        addressOf(server, "one", "clerk", "clerk"),
        "login-unfit",
        /TRAPLINE_INGEST_DATABASE_URL logs in as clerk/,
      ],
      [
        "app",
        addressOf(server, "one", "janus", "janus"),
        "role-too-powerful",
        /TRAPLINE_APP_DATABASE_URL logs in as janus/,
      ],
      ["app", url, "role-too-powerful", /TRAPLINE_APP_DATABASE_URL logs in as house/],
      ["system", server.adminUrl, "role-too-powerful", /TRAPLINE_SYSTEM_DATABASE_URL logs in as trapline,/],
      [
        "system",
        addressOf(server, "one", "trapline_system", "guess"),
        "login-refused",
        /refuses TRAPLINE_SYSTEM_DATABASE_URL/,
      ],
    ];
    for (const [name, address, code, words] of wrong) {
      const error = await getRolesError(checkLogins({ ...urls, [name]: address }));
      assert.is(error.code, code, error.message);
      assert.match(error.message, words);
    }
  });

  test("a wrong password of the owner, or no server, is the owner's own error", async () => {
    await createOwned(server, "one", HOUSE);
    const error = await getRejection(prepareLogins(addressOf(server, "one", "house", "guess")));
    assert.ok(error instanceof pg.DatabaseError && error.code === "28P01", String(error));
    const nobody = await getRejection(prepareLogins("postgres://house:guess@127.0.0.1:1/one"));
    assert.match(String(nobody), /ECONNREFUSED/);
  });
}
