// A foreign page must not be able to act with a person's cookie [threat 19].
import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { createRooms, type Owner, type Rooms } from "./rooms.ts";

const test = suite("origin check");
let rooms: Rooms;
let owner: Owner;

test.before(async () => {
  rooms = await createRooms({ app: { trustProxy: ["10.9.9.9"] } });
  owner = await rooms.createOwner();
});
test.after(() => rooms.stop());

const ID = "00000000-0000-4000-8000-000000000000";
const UNSAFE: [method: "POST" | "PUT" | "DELETE", url: string][] = [
  ["POST", "/api/v1/logout"],
  ["POST", "/api/v1/session-cookie"],
  ["POST", "/api/v1/claiming/claims"],
  ["POST", "/api/v1/claim-codes"],
  ["DELETE", "/api/v1/claim-codes/ABCD-EFG-HJK"],
  ["POST", `/api/v1/devices/${ID}/release`],
  ["POST", `/api/v1/devices/${ID}/credentials`],
  ["POST", `/api/v1/devices/${ID}/commands`],
  ["PUT", `/api/v1/devices/${ID}/config`],
];

for (const [method, url] of UNSAFE) {
  test(`${method} ${url} with a cookie wants its own origin`, async () => {
    const cookie = `trapline_session=${owner.token}`;
    const host = "trapline.example";
    for (const headers of [
      { cookie, host },
      { cookie, host, origin: "https://evil.example" },
      { cookie, host, origin: "null" },
      { cookie, host, origin: "http://trapline.example:8080" },
      { cookie, host, origin: "http://trapline.example.evil.example" },
    ]) {
      const answer = await rooms.ask({ method, url, headers: headers as Record<string, string>, body: {} });
      assert.is(answer.status, 403, JSON.stringify(headers));
      assert.is(answer.json.code, "foreign-origin");
    }
    assert.is((await rooms.ask({ url: "/api/v1/me", as: owner.token })).status, 200, "nothing has happened");
  });
}

test("a foreign page cannot log a browser in as somebody else", async () => {
  const headers = { origin: "https://evil.example" };
  for (const url of ["/api/v1/login", "/api/v1/register"]) {
    assert.is((await rooms.ask({ method: "POST", url, headers, body: {} })).status, 403);
  }
});

const OWN: [origin: string, host: string][] = [
  ["http://trapline.example", "trapline.example"],
  ["http://trapline.example", "Trapline.Example:80"],
  ["http://127.0.0.1:4700", "127.0.0.1:4700"],
  ["http://[::1]:4700", "[::1]:4700"],
];
for (const [origin, host] of OWN) {
  test(`${origin} is the own origin of ${host}`, async () => {
    const cookie = `trapline_session=${owner.token}`;
    const url = `/api/v1/devices/${ID}/release`;
    const answer = await rooms.ask({ method: "POST", url, headers: { cookie, origin, host } });
    assert.is(answer.status, 404);
    assert.is(answer.json.code, "device-not-found");
  });
}

test("behind TLS the plain origin of the same host is foreign, and the cookie is secure", async () => {
  const cookie = `trapline_session=${owner.token}`;
  const proxied = { "x-forwarded-proto": "https", "x-forwarded-host": "trapline.example" };
  const url = `/api/v1/devices/${ID}/release`;
  const ask = (origin: string) =>
    rooms.ask({ method: "POST", url, from: "10.9.9.9", headers: { ...proxied, cookie, origin } });
  assert.is((await ask("http://trapline.example")).status, 403);
  assert.is((await ask("https://trapline.example")).status, 404);
  const exchange = { method: "POST", url: "/api/v1/session-cookie", from: "10.9.9.9", headers: proxied } as const;
  const exchanged = await rooms.ask({ ...exchange, as: owner.token });
  assert.match(String(exchanged.headers["set-cookie"]), /; Secure/);
});

test("headers of a proxy are believed from the proxy alone", async () => {
  const headers = { "x-forwarded-proto": "https" };
  const answer = await rooms.ask({ method: "POST", url: "/api/v1/session-cookie", as: owner.token, headers });
  assert.not.match(String(answer.headers["set-cookie"]), /; Secure/);
});

test("a bearer token needs no origin and fears none", async () => {
  const url = `/api/v1/devices/${ID}/release`;
  for (const headers of [{}, { origin: "https://evil.example" }] as Record<string, string>[]) {
    assert.is((await rooms.ask({ method: "POST", url, as: owner.token, headers })).status, 404);
  }
});

const BAD_AUTHORIZATION = [
  "",
  "Bearer",
  "Bearer ",
  "Basic abc",
  "Bearer two words",
  `Bearer ${"x".repeat(600)}`,
  "Bearer \u00e4",
];
for (const authorization of BAD_AUTHORIZATION) {
  test(`authorization "${authorization.slice(0, 20)}" is refused even beside a good cookie`, async () => {
    const headers = { authorization, cookie: `trapline_session=${owner.token}` };
    const answer = await rooms.ask({ url: "/api/v1/me", headers });
    assert.is(answer.status, 401);
    assert.is(answer.headers["www-authenticate"], "Bearer");
  });
}
