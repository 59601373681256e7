// The live stream of a whole cloud: only what has committed, only of one's own tenant, in the order of the commits; ended with the session,
// resumed by itself when the database connection is cut, and never held up by whoever does not read [LIVE-1].
import * as net from "node:net";
import * as assert from "uvu/assert";
import { createSimClock, type SimClock } from "../../../cloud/clock.ts";
import { notifyLive } from "../../../cloud/db/live-notice.ts";
import { createTestCloud, type Follower, type Owner, type TestCloud } from "../../support/cloud.ts";
import { eventually } from "../../support/eventually.ts";
import { cutSessions } from "../../support/postgres.ts";
import { getRejection } from "../../support/rejection.ts";
import { suite } from "../../support/suite.ts";

const test = suite("live stream");
let cloud: TestCloud;
let clock: SimClock;
let owner: Owner;
const followers: Follower[] = [];

test.before(async () => {
  clock = createSimClock(new Date("2026-06-01T12:00:00Z"));
  cloud = await createTestCloud({ clock, limits: { live: { streamsPerUser: 3, unreadBytesMax: 100_000 } } });
});
test.after(() => cloud.stop());
test.before.each(async () => {
  owner = await cloud.createOwner();
});
test.after.each(() => {
  for (const follower of followers.splice(0)) follower.stop();
});

async function follow(token = owner.token): Promise<Follower> {
  const follower = await cloud.follow(token);
  followers.push(follower);
  return follower;
}

const tell = (tenantId: string, id: string) =>
  cloud.db.withTenant({ tenantId }, (trx) => notifyLive(trx, tenantId, { type: "device", data: { id } }));

test("what is rolled back is never told, and what commits is told in the order of the commits", async () => {
  const live = await follow();
  const { tenantId } = owner;
  const rolledBack = cloud.db.withTenant({ tenantId }, async (trx) => {
    await notifyLive(trx, tenantId, { type: "device", data: { id: "never" } });
    throw new Error("rolled back");
  });
  assert.match(String(await getRejection(rolledBack)), /rolled back/);
  for (let number = 1; number <= 50; number++) await tell(tenantId, String(number));
  await live.see("device", (data) => data.id === "50");
  assert.equal(
    live.events.slice(1).map((one) => one.data.id),
    Array.from({ length: 50 }, (_, at) => String(at + 1)),
  );
});

test("a tenant hears its own and nothing of any other [TENANT-2]", async () => {
  const others = await Promise.all([cloud.createOwner(), cloud.createOwner()]);
  const lives = await Promise.all([owner, ...others].map((one) => follow(one.token)));
  await Promise.all([owner, ...others].map((one) => tell(one.tenantId, one.tenantId)));
  for (const [index, one] of [owner, ...others].entries()) {
    await lives[index]?.see("device");
    assert.equal(
      lives[index]?.events.slice(1).map((told) => told.data.id),
      [one.tenantId],
    );
  }
});

test("without a session there is no stream, and of one person only so many", async () => {
  assert.is((await cloud.ask({ url: "/api/v1/stream" })).status, 401);
  assert.is((await cloud.ask({ url: "/api/v1/stream", as: "x".repeat(43) })).status, 401);
  for (let count = 0; count < 3; count++) await follow();
  const refused = await cloud.ask({ url: "/api/v1/stream", as: owner.token });
  assert.equal([refused.status, refused.json.code], [429, "too-many-requests"]);
  followers.pop()?.stop();
  await eventually(() => follow().catch(() => null), { withinMs: 2_000, because: "there is room again" });
});

test("a stream ends with its session, at the next heartbeat; others of the account go on", async () => {
  const leaving = await follow();
  const login = { email: owner.email, password: "correct horse battery" };
  const staying = await follow((await cloud.ask({ url: "/api/v1/login", body: login })).json.token);
  assert.is((await cloud.ask({ method: "POST", url: "/api/v1/logout", as: owner.token })).status, 204);
  clock.advance(15_000);
  await eventually(() => leaving.isEnded(), { withinMs: 2_000, because: "the stream of the session ends" });
  await tell(owner.tenantId, "after");
  await staying.see("device", (data) => data.id === "after");
});

test("a session that is over in time ends its stream as well", async () => {
  const live = await follow();
  clock.advance(31 * 24 * 3_600_000);
  await eventually(
    () => {
      clock.advance(15_000);
      return live.isEnded();
    },
    { withinMs: 2_000, because: "the stream ends" },
  );
});

test("when the listening connection is cut it is made again, and everybody is told to look again", async () => {
  const stranger = await cloud.createOwner();
  const [live, other] = [await follow(), await follow(stranger.token)];
  for (let round = 0; round < 2; round++) {
    const from = live.events.length;
    await cutListener();
    await eventually(
      () => {
        clock.advance(100);
        return live.events.slice(from).some((one) => one.type === "resync");
      },
      { withinMs: 5_000, because: "a resync is told" },
    );
    await tell(owner.tenantId, `round ${round}`);
    await live.see("device", (data) => data.id === `round ${round}`);
  }
  assert.ok(other.events.some((one) => one.type === "resync"));
});

async function cutListener(): Promise<void> {
  assert.is(await cutSessions(cloud.database, "trapline-live"), 1);
}

test("a reader that does not read is dropped, and holds nobody up", async () => {
  const live = await follow();
  const { port, hostname } = new URL(cloud.httpAddress);
  const frozen = net.connect({ port: Number(port), host: hostname });
  frozen.write(`GET /api/v1/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${owner.token}\r\n\r\n`);
  await new Promise((resolve) => frozen.once("data", resolve));
  frozen.pause();
  frozen.on("error", () => frozen.destroy()); // a reset is how it ends
  const data = { id: "x".repeat(6_000) };
  for (let round = 1; round <= 10 && (await countStreams()) > 1; round++) {
    for (let burst = 0; burst < 10; burst++) {
      await Promise.all(
        Array.from({ length: 50 }, () =>
          cloud.db.withTenant(owner, (trx) => notifyLive(trx, owner.tenantId, { type: "device", data })),
        ),
      );
    }
  }
  assert.is(await countStreams(), 1, "the frozen one is gone");
  await tell(owner.tenantId, "last");
  await live.see("device", (one) => one.id === "last");
  frozen.destroy();
});

/** Streams the account still has: what is left of its three. */
async function countStreams(): Promise<number> {
  const more: Follower[] = [];
  for (;;) {
    const follower = await cloud.follow(owner.token).catch(() => null);
    if (follower === null) break;
    more.push(follower);
  }
  for (const follower of more) follower.stop();
  await eventually(() => more.every((one) => one.isEnded()), { withinMs: 2_000, because: "the counting is over" });
  return 3 - more.length;
}

test("a stop of the cloud ends the streams at once", async () => {
  const live = await follow();
  const begin = performance.now();
  await cloud.stopCloud();
  await eventually(() => live.isEnded(), { withinMs: 1_000, because: "the stream ends" });
  assert.ok(performance.now() - begin < 3_000);
  await cloud.startCloud();
});
