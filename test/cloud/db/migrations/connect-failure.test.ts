// The words for a connection that does not come about: by code, and on a real server. No error may hold the password.
import * as net from "node:net";
import { inspect } from "node:util";
import pg from "pg";
import * as assert from "uvu/assert";
import { explainConnectFailure, isConnectionLost } from "../../../../cloud/db/migrations/connect-failure.ts";
import { MigrationError, type MigrationErrorCode } from "../../../../cloud/db/migrations/migration-error.ts";
import { readStatus } from "../../../../cloud/db/migrations/migration-status.ts";
import { withOwner } from "../../../../cloud/db/migrations/owner-connection.ts";
import { createTestDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { SMALL } from "./small-migrations.ts";

const words = suite("words for a failed connection");
const ADDRESS = { host: "db.example", port: 5433, user: "ann", database: "barn" };

function createError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

const FAILURES: [error: unknown, code: MigrationErrorCode, message: RegExp][] = [
  [
    createError("ECONNREFUSED", "connect"),
    "server-unreachable",
    /db\.example:5433: nothing listens there: start the server/,
  ],
  [new AggregateError([createError("ECONNREFUSED", "")]), "server-unreachable", /nothing listens there/],
  [createError("ENOTFOUND", "getaddrinfo"), "server-unreachable", /no machine is called db\.example/],
  [new Error("timeout expired"), "server-unreachable", /does not answer/],
  [createError("28P01", "x"), "login-refused", /refused the password of ann/],
  [createError("28000", 'role "ann" does not exist'), "login-refused", /role "ann" does not exist.*pg_hba/],
  [createError("3D000", "x"), "database-missing", /no database barn[\s\S]*CREATE DATABASE "barn";/],
  [createError("42501", "x"), "permission-missing", /GRANT CONNECT ON DATABASE "barn" TO "ann";/],
  [createError("53300", "x"), "server-busy", /no connection left/],
  [createError("57P03", "x"), "server-busy", /try again/],
  [new Error("client password must be a string"), "login-refused", /wants a password of ann/],
  [new Error("The server does not support SSL connections"), "server-unreachable", /could not connect.*SSL/],
  ["odd", "server-unreachable", /odd/],
];

for (const [error, code, message] of FAILURES) {
  words(`${error} means ${code}`, () => {
    const explained = explainConnectFailure(error, ADDRESS);
    assert.is(explained.code, code);
    assert.match(explained.message, message);
  });
}

words("an address by socket is told as such", () => {
  const explained = explainConnectFailure(createError("ENOENT", "x"), { ...ADDRESS, host: "/var/run/postgresql" });
  assert.match(explained.message, /at \/var\/run\/postgresql: there is no such socket/);
});

words("what breaks later is told from what PostgreSQL refuses", () => {
  assert.ok(isConnectionLost(new Error("Connection terminated unexpectedly")));
  assert.ok(isConnectionLost(createError("ECONNRESET", "read")));
  assert.not(isConnectionLost(new Error("division by zero")));
  assert.not(isConnectionLost(new MigrationError("migration-failed", "no")));
});

const real = suite("a connection that fails");
const PASSWORD = "s3cr3t/of+the:barn";
let database: TestDatabase;
let role: string;

real.before(async () => {
  database = await createTestDatabase({ migrated: false });
  role = `trapline_test_guest_${process.pid}`;
  await query(`CREATE ROLE ${role} LOGIN PASSWORD ${pg.escapeLiteral(PASSWORD)}`);
});
real.after(async () => {
  await query(`DROP OWNED BY ${role}`);
  await query(`DROP ROLE ${role}`);
  await database.stop();
});

function query(text: string): Promise<pg.QueryResult> {
  return withOwner(database.url, (client) => client.query(text));
}

/** The address of the test database with other parts; password as it is written into an address. */
function change(parts: Partial<Record<"username" | "password" | "host" | "pathname", string>>): string {
  return Object.assign(new URL(database.url), parts).href;
}

async function getFailure(url: string): Promise<MigrationError> {
  const error = await getRejection(readStatus(url, { migrations: SMALL }));
  assert.ok(error instanceof MigrationError, inspect(error));
  const shown = inspect(error, { depth: 10, showHidden: true });
  for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), new URL(database.url).password]) {
    if (secret !== "") assert.not(shown.includes(secret), "the error holds a password");
  }
  return error;
}

/** A port that nobody listens at: it was ours a moment ago. */
async function findFreePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

real("a server that is not there is named with host and port, and what to do", async () => {
  const port = await findFreePort();
  for (const host of ["127.0.0.1", "localhost"]) {
    const error = await getFailure(change({ host: `${host}:${port}`, password: encodeURIComponent(PASSWORD) }));
    assert.is(error.code, "server-unreachable");
    assert.match(error.message, new RegExp(`no database server at ${host}:${port}: nothing listens there`));
    assert.match(error.message, /embedded server/);
  }
});

real("something that hangs up at once is no database server", async () => {
  const server = net.createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const error = await getFailure(change({ host: `127.0.0.1:${address.port}` }));
  await new Promise((resolve) => server.close(resolve));
  assert.is(error.code, "server-unreachable");
});

real("a wrong password is refused with the user's name, a right one is not", async () => {
  const wrong = await getFailure(change({ username: role, password: "wrong" }));
  assert.is(wrong.code, "login-refused");
  assert.ok(wrong.message.includes(role));
  const nobody = await getFailure(change({ username: "nobody-of-that-name", password: "wrong" }));
  assert.is(nobody.code, "login-refused");
  const none = await getFailure(change({ username: role, password: "" }));
  assert.is(none.code, "login-refused");
  const status = await readStatus(change({ username: role, password: encodeURIComponent(PASSWORD) }), {
    migrations: SMALL,
  });
  assert.is(status.version, 0);
});

real("a database that does not exist is named, with the statement that makes it", async () => {
  const error = await getFailure(change({ pathname: "/no such barn" }));
  assert.is(error.code, "database-missing");
  assert.equal(error.statements, ['CREATE DATABASE "no such barn"']);
});

real("a database that is closed to the role is told with the statement that opens it", async () => {
  const name = new URL(database.url).pathname.slice(1);
  await query(`REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`);
  const error = await getFailure(change({ username: role, password: encodeURIComponent(PASSWORD) }));
  await query(`GRANT CONNECT ON DATABASE ${name} TO PUBLIC`);
  assert.is(error.code, "permission-missing");
  assert.equal(error.statements, [`GRANT CONNECT ON DATABASE "${name}" TO "${role}"`]);
});

const MALFORMED = [
  "",
  "barn",
  "mysql://ann:s3cr3t%2Fof+the:barn@host/db",
  "postgres://ann:s3cr3t/of+the:barn@host/db",
  "postgres://ann:1234/of+the:barn@host/db",
  "postgres://ann:1234?of+the:barn@host/db",
  "postgres://ann:1234#of+the:barn@host/db",
  "postgres://ann:100%@host/db",
];

for (const [index, url] of MALFORMED.entries()) {
  real(`what cannot be read is refused without being repeated (${index + 1})`, async () => {
    const error = await getFailure(url);
    assert.is(error.code, "address-malformed");
    // Above the stack, which quotes the lines of this file.
    assert.not.match(`${error.message} ${inspect({ ...error }, { depth: 10 })}`, /barn@|1234|s3cr3t/);
  });
}
