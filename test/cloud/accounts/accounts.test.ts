// Registering, logging in and out, and what of it is kept.
import { sql } from "kysely";
import * as assert from "uvu/assert";
import { deleteEndedSessions } from "../../../cloud/accounts/queries/delete-ended-sessions.ts";
import { suite } from "../../support/suite.ts";
import { createRooms, PASSWORD, type Rooms } from "../http/rooms.ts";

const test = suite("accounts");
const DAY_MS = 24 * 60 * 60 * 1000;
let rooms: Rooms;

test.before(async () => {
  rooms = await createRooms();
});
test.after(() => rooms.stop());

async function register(email: string, tenantName = "Mäuse & Söhne") {
  return rooms.ask({ url: "/api/v1/register", body: { tenantName, email, password: PASSWORD } });
}
const login = (email: string, password = PASSWORD) => rooms.ask({ url: "/api/v1/login", body: { email, password } });

test("registering makes tenant, first user and session in one step", async () => {
  const answer = await register("  Ada@Example.com ");
  assert.is(answer.status, 201);
  assert.is(answer.json.user.email, "Ada@Example.com");
  assert.is(answer.json.tenant.name, "Mäuse & Söhne");
  assert.is(answer.json.tenant.slug, "mause-sohne");
  assert.is(answer.json.role, "owner");
  const me = await rooms.ask({ url: "/api/v1/me", as: answer.json.token });
  assert.is(me.status, 200);
  assert.equal(me.json.user, answer.json.user);
  assert.equal(me.json.tenant, answer.json.tenant);
});

test("an email is taken in any case, and then no tenant is made", async () => {
  const before = await countTenants();
  const answer = await register("ADA@example.COM");
  assert.is(answer.status, 409);
  assert.is(answer.json.code, "email-taken");
  assert.is(await countTenants(), before);
});

async function countTenants(): Promise<number> {
  const rows = await sql<{ count: number }>`select count(*) as count from tenants`.execute(rooms.db.kysely);
  return rows.rows[0]!.count;
}

test("tenants of one name get short names of their own", async () => {
  const slugs: string[] = [];
  for (let i = 0; i < 7; i++) slugs.push((await register(`same${i}@example.com`, "Same Name")).json.tenant.slug);
  assert.equal(slugs.slice(0, 5), ["same-name", "same-name-2", "same-name-3", "same-name-4", "same-name-5"]);
  assert.match(slugs[5]!, /^same-name-[0-9a-f]{8}$/);
  assert.is(new Set(slugs).size, 7);
});

test("twenty people who register the same email at once make one account", async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => register("race@example.com")));
  assert.equal(answers.map((one) => one.status).sort(), [201, ...Array(19).fill(409)]);
});

test("logging in works in any case of the email, and each time gives another token", async () => {
  await register("bob@example.com");
  const [first, second] = [await login("BOB@example.com"), await login(" bob@example.com ")];
  assert.equal([first.status, second.status], [200, 200]);
  assert.is.not(first.json.token, second.json.token);
  assert.is(first.json.tenant.id, second.json.tenant.id);
});

test("a wrong password and an unknown email get the same answer", async () => {
  await register("carol@example.com");
  const wrong = await login("carol@example.com", "not her password");
  const unknown = await login("nobody@example.com", "not her password");
  assert.is(wrong.status, 401);
  assert.equal(wrong.text, unknown.text);
  assert.is(wrong.json.code, "wrong-credentials");
});

test("logging out ends that session at once and no other", async () => {
  const { token } = (await register("dave@example.com")).json;
  const other = (await login("dave@example.com")).json.token;
  const out = await rooms.ask({ method: "POST", url: "/api/v1/logout", as: token });
  assert.is(out.status, 204);
  assert.is((await rooms.ask({ url: "/api/v1/me", as: token })).status, 401);
  assert.is((await rooms.ask({ url: "/api/v1/me", as: other })).status, 200);
});

test("a session is over after thirty days and is then forgotten", async () => {
  const { token } = (await register("erin@example.com")).json;
  rooms.clock.advance(30 * DAY_MS - 1);
  assert.is((await rooms.ask({ url: "/api/v1/me", as: token })).status, 200);
  rooms.clock.advance(1);
  assert.is((await rooms.ask({ url: "/api/v1/me", as: token })).status, 401);
  assert.ok((await rooms.db.system((trx) => deleteEndedSessions(trx, rooms.clock.now()))) > 0);
  assert.is(await rooms.db.system((trx) => deleteEndedSessions(trx, rooms.clock.now())), 0);
});

test("a suspended membership and a user who is no longer active end their sessions", async () => {
  const first = (await register("frank@example.com")).json;
  await rooms.db.kysely
    .updateTable("user_tenant_memberships")
    .set({ status: "suspended" })
    .where("user_id", "=", first.user.id)
    .execute();
  assert.is((await rooms.ask({ url: "/api/v1/me", as: first.token })).status, 401);
  assert.is((await login("frank@example.com")).status, 401);

  const second = (await register("grace@example.com")).json;
  await rooms.db.kysely.updateTable("users").set({ is_active: false }).where("id", "=", second.user.id).execute();
  assert.is((await rooms.ask({ url: "/api/v1/me", as: second.token })).status, 401);
  assert.is((await login("grace@example.com")).status, 401);
});

test("a bearer token is exchanged for a cookie that scripts cannot read and other sites cannot use", async () => {
  const { token } = (await register("heidi@example.com")).json;
  const answer = await rooms.ask({ method: "POST", url: "/api/v1/session-cookie", as: token });
  assert.is(answer.status, 204);
  const cookie = String(answer.headers["set-cookie"]);
  assert.match(cookie, new RegExp(`^trapline_session=${token};`));
  for (const part of ["HttpOnly", "SameSite=Strict", "Path=/", "Expires="]) assert.ok(cookie.includes(part), part);
  assert.not.ok(cookie.includes("Secure"), "over plain HTTP a secure cookie would be thrown away");
  const me = await rooms.ask({ url: "/api/v1/me", headers: { cookie: `trapline_session=${token}` } });
  assert.is(me.status, 200);
});

test("registering and logging in give a browser its cookie, and logging out takes it away", async () => {
  const registered = await register("kim@example.com");
  assert.match(String(registered.headers["set-cookie"]), new RegExp(`^trapline_session=${registered.json.token};`));
  const { json, headers } = await login("kim@example.com");
  const cookie = String(headers["set-cookie"]).split(";")[0]!;
  assert.is(cookie, `trapline_session=${json.token}`);
  const own = { cookie, host: "trapline.example", origin: "http://trapline.example" };
  const out = await rooms.ask({ method: "POST", url: "/api/v1/logout", headers: own });
  assert.is(out.status, 204);
  assert.match(String(out.headers["set-cookie"]), /^trapline_session=;.*Expires=Thu, 01 Jan 1970/);
  assert.is((await rooms.ask({ url: "/api/v1/me", headers: { cookie } })).status, 401);
});

test("only a bearer token is exchanged for a cookie", async () => {
  const { token } = (await register("ivan@example.com")).json;
  const headers = { cookie: `trapline_session=${token}`, origin: "http://localhost:80", host: "localhost:80" };
  const answer = await rooms.ask({ method: "POST", url: "/api/v1/session-cookie", headers });
  assert.is(answer.status, 401);
});

const BAD_REGISTRATIONS: [field: string, body: object][] = [
  ["password", { tenantName: "T", email: "a@b.c", password: "123456789" }],
  ["password", { tenantName: "T", email: "a@b.c", password: "x".repeat(201) }],
  ["password", { tenantName: "T", email: "a@b.c" }],
  ["email", { tenantName: "T", email: "no address", password: PASSWORD }],
  ["email", { tenantName: "T", email: "a@@b.c", password: PASSWORD }],
  ["email", { tenantName: "T", email: `${"a".repeat(250)}@b.c`, password: PASSWORD }],
  ["email", { tenantName: "T", email: ["a@b.c"], password: PASSWORD }],
  ["tenantName", { tenantName: "   ", email: "a@b.c", password: PASSWORD }],
  ["tenantName", { tenantName: "x".repeat(101), email: "a@b.c", password: PASSWORD }],
  ["tenantName", { tenantName: "a\u0000b", email: "a@b.c", password: PASSWORD }],
];
for (const [field, body] of BAD_REGISTRATIONS) {
  test(`registering refuses ${JSON.stringify(body).slice(0, 60)} and names ${field}`, async () => {
    const answer = await rooms.ask({ url: "/api/v1/register", body });
    assert.is(answer.status, 400);
    assert.is(answer.json.code, "bad-input");
    assert.is(answer.json.errors[0]?.field, field);
  });
}

test("secrets are in no table and in no log [SECRET-1]", async () => {
  const { token } = (await register("judy@example.com")).json;
  await login("judy@example.com", "a wrong password of hers");
  const tables = await sql<{ name: string }>`
    select table_name as name from information_schema.tables where table_schema = 'public'`.execute(rooms.db.kysely);
  let dump = "";
  for (const { name } of tables.rows) {
    const rows = await sql<{ row: string }>`select t::text as row from ${sql.table(name)} t`.execute(rooms.db.kysely);
    dump += rows.rows.map((one) => one.row).join("\n");
  }
  assert.ok(dump.includes("judy@example.com"), "the search sees the tables");
  assert.ok(rooms.logText().includes("/api/v1/register"), "the search sees the log");
  for (const secret of [PASSWORD, token, "a wrong password of hers"]) {
    assert.not.ok(dump.includes(secret), "in a table");
    assert.not.ok(rooms.logText().includes(secret), "in the log");
  }
});
