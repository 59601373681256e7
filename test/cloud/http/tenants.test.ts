// Every route that takes an id answers a foreign tenant as if there were nothing, and every route that needs an account says so
// [TENANT-2] [threat 1]. The routes are those the app has, so that a new one cannot be forgotten.
import * as assert from "uvu/assert";
import { suite } from "../../support/suite.ts";
import { createClaimedTrap, SETTINGS } from "../devices/claimed.ts";
import { createRooms, type Owner, type Rooms } from "./rooms.ts";

const test = suite("tenants apart");
let rooms: Rooms;
let owner: Owner;
let stranger: Owner;
let deviceId: string;
let code: string;

test.before(async () => {
  rooms = await createRooms();
  owner = await rooms.createOwner();
  stranger = await rooms.createOwner();
  deviceId = (await createClaimedTrap(rooms, owner)).id;
  code = (await rooms.ask({ url: "/api/v1/claim-codes", body: { deviceName: "x" }, as: owner.token })).json.code;
});
test.after(() => rooms.stop());

/** What each route takes, so that it refuses for the id alone. */
const BODIES: Record<string, object> = {
  "/api/v1/devices/:id/commands": { command: "identify" },
  "/api/v1/devices/:id/config": SETTINGS,
};
/** Open to everybody, or with a key of another kind. */
const WITHOUT_ACCOUNT = /^\/(device\/v1\/|api\/v1\/(register|login|factory\/devices)$)/;

test("every route with an id answers 404 to a foreign tenant, and nothing has happened", async () => {
  const routes = rooms.routes.filter((route) => route.url.includes(":"));
  assert.ok(routes.length >= 6, JSON.stringify(routes));
  for (const { method, url } of routes) {
    const target = url.replace(":id", deviceId).replace(":code", code);
    const body = method === "GET" || method === "DELETE" ? undefined : (BODIES[url] ?? {});
    const request = { method: method as "GET", url: target, body };
    const foreign = await rooms.ask({ ...request, as: stranger.token });
    assert.is(foreign.status, 404, `${method} ${url}: ${foreign.text}`);
    const nobodys = url.replace(":id", "00000000-0000-4000-8000-000000000000").replace(":code", "2222222222");
    const unknown = await rooms.ask({ ...request, url: nobodys, as: stranger.token });
    assert.equal(unknown.text, foreign.text, `${method} ${url} tells whether it exists`);
  }
  assert.equal(rooms.link.sent, []);
  const own = await rooms.ask({ url: `/api/v1/devices/${deviceId}`, as: owner.token });
  assert.is(own.status, 200);
});

test("every list shows a foreign tenant nothing of it", async () => {
  const lists = rooms.routes.filter((route) => route.method === "GET" && !route.url.includes(":"));
  assert.ok(lists.length >= 4);
  for (const { url } of lists) {
    const answer = await rooms.ask({ url, as: stranger.token });
    assert.is(answer.status, 200);
    for (const secret of [deviceId, code, owner.tenantId, owner.email])
      assert.not.ok(answer.text.includes(secret), url);
  }
});

test("every other route wants an account, before it looks at anything else", async () => {
  const routes = rooms.routes.filter((route) => !WITHOUT_ACCOUNT.test(route.url));
  assert.ok(routes.length >= 12);
  for (const { method, url } of routes) {
    for (const as of [undefined, "not-a-session-of-anybody-at-all", stranger.token.slice(0, -1)]) {
      const answer = await rooms.ask({ method: method as "GET", url: url.replace(/:\w+/, "x"), as });
      assert.is(answer.status, 401, `${method} ${url}: ${answer.text}`);
      assert.is(answer.json.code, "unauthenticated");
    }
  }
});
