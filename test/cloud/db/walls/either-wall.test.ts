// Either of the two walls alone keeps tenants apart: PostgreSQL's where every query has forgotten the tenant, and the conditions of the
// queries where no policy binds whoever asks. One list of requests, and the same answers [TENANT-2] [TENANT-3].
import * as fs from "node:fs";
import * as path from "node:path";
import pg from "pg";
import * as assert from "uvu/assert";
import { createDatabase, type TraplineDatabase } from "../../../../cloud/db/connection.ts";
import { createTestCloud, type TestCloud } from "../../../support/cloud.ts";
import { suite } from "../../../support/suite.ts";
import { testLog } from "../../../support/test-log.ts";
import { type CreateDatabase, createForgetful, createForgetfulPlugin, createOpen, createUnwalled } from "./one-wall.ts";
import { createKeeper, type Keeper, LISTS, listOperations, listRequests, listSecrets } from "./requests.ts";

interface World {
  cloud: TestCloud;
  keeper: Keeper;
  stranger: Keeper;
  createDatabase: CreateDatabase;
}

const plugin = createForgetfulPlugin();
const WALLS: [name: string, create: (cloud: TestCloud) => CreateDatabase][] = [
  ["both walls", () => createDatabase],
  ["PostgreSQL's wall alone", () => createForgetful(plugin)],
  ["the conditions' wall alone", (cloud) => createUnwalled(cloud.database.url)],
];

/** The keepers come while both walls stand; then the cloud starts again without one of them. */
async function createWorld(create: (cloud: TestCloud) => CreateDatabase): Promise<World> {
  const cloud = await createTestCloud();
  const keeper = await createKeeper(cloud, "keeper");
  const stranger = await createKeeper(cloud, "stranger");
  await cloud.stopCloud();
  await cloud.startCloud({ createDatabase: create(cloud) });
  return { cloud, keeper, stranger, createDatabase: create(cloud) };
}

/** Every row of the tenant, in every table that has tenants. */
async function readTenant(cloud: TestCloud, tenantId: string): Promise<Record<string, unknown[]>> {
  const client = new pg.Client({ connectionString: cloud.database.url });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1`,
    );
    const rows: Record<string, unknown[]> = {};
    for (const { name } of tables.rows) {
      const text = `SELECT to_jsonb(t) AS row FROM ${name} AS t WHERE tenant_id = $1 ORDER BY to_jsonb(t)::text`;
      rows[name] = (await client.query(text, [tenantId])).rows.map((one) => one.row);
    }
    return rows;
  } finally {
    await client.end();
  }
}

const NOBODYS = { id: "00000000-0000-4000-8000-000000000000", code: "2222222222" };

/** What the stranger is answered: the status and the problem, the same as for what is not there. */
async function askAsStranger({ cloud, keeper, stranger }: World): Promise<string[]> {
  const answers: string[] = [];
  const nobodys: Keeper = {
    ...keeper,
    device: { ...keeper.device, deviceId: NOBODYS.id },
    alertId: NOBODYS.id,
    firmwareId: NOBODYS.id,
    code: NOBODYS.code,
  };
  const unreal = listRequests(nobodys, stranger);
  for (const [index, request] of listRequests(keeper, stranger).entries()) {
    const as = stranger.owner.token;
    const answer = await cloud.ask({ ...request, as });
    const missing = await cloud.ask({ ...request, ...unreal[index], as });
    assert.is(answer.text, missing.text, `${request.route} tells whether it is there`);
    answers.push(`${request.route}: ${answer.status} ${answer.json.code ?? ""}`);
  }
  return answers;
}

/** Of everything that lists, what it shows of the other one. */
async function listSeen({ cloud }: World, asker: Keeper, other: Keeper): Promise<string[]> {
  const seen: string[] = [];
  for (const url of LISTS) {
    const answer = await cloud.ask({ url, as: asker.owner.token });
    assert.is(answer.status, 200, url);
    if (listSecrets(other).some((secret) => answer.text.includes(secret))) seen.push(url);
  }
  return seen;
}

/** How each operation of a trap ended that was said of a trap of another tenant. */
async function runOperations(db: TraplineDatabase, { keeper, stranger }: World): Promise<string[]> {
  const { tenantId } = stranger.owner;
  const answers: string[] = [];
  for (const { name, run } of listOperations(keeper, tenantId)) {
    const answer = await db.ingest({ tenantId }, run).then(
      (value) => JSON.stringify(value ?? null),
      (error: Error & { code?: string }) => `refused ${error.code ?? error.message}`,
    );
    answers.push(`${name}: ${answer}`);
  }
  return answers;
}

const answered: Record<string, string[]> = {};

for (const [name, create] of WALLS) {
  const test = suite(name, { limitMs: 60_000 });
  let world: World;
  test.before(async () => {
    world = await createWorld(create);
  });
  test.after(() => world.cloud.stop());

  test("a stranger is answered as if nothing were there, and nothing has happened", async () => {
    const { cloud, keeper } = world;
    const before = await readTenant(cloud, keeper.owner.tenantId);
    answered[name] = await askAsStranger(world);
    assert.equal(await readTenant(cloud, keeper.owner.tenantId), before);
    for (const answer of answered[name]) assert.match(answer, /: 404 /);
    assert.equal(answered[name], answered["both walls"]);
  });

  test("every list shows its own tenant, and nothing of another's", async () => {
    const { keeper, stranger } = world;
    for (const [asker, other] of [
      [keeper, stranger],
      [stranger, keeper],
    ] as const) {
      assert.equal(await listSeen(world, asker, other), []);
      const own = await listSeen(world, asker, asker);
      assert.equal(own, ["/api/v1/me", "/api/v1/devices", "/api/v1/alerts", "/api/v1/claim-codes", "/api/v1/firmware"]);
    }
  });

  test("what a trap of one tenant says of another's trap changes nothing of it, and tells nothing", async () => {
    const { cloud, keeper, stranger } = world;
    const urls = cloud.database.urls;
    const db = world.createDatabase({ urls, poolMax: { app: 1, ingest: 1, system: 1 }, log: testLog });
    try {
      const before = await readTenant(cloud, keeper.owner.tenantId);
      const answers = await runOperations(db, world);
      const after = await readTenant(cloud, keeper.owner.tenantId);
      for (const [table, rows] of Object.entries(before))
        assert.equal(after[table], rows, `${table}: ${answers.join("; ")}`);
      const telling = answers.filter(
        (one) => !/: (null|false|\[\]|\[null,null\]|"gone"|refused (23503|42501|23505))$/.test(one),
      );
      assert.equal(telling, []);
      for (const secret of listSecrets(keeper)) assert.not.ok(answers.join("\n").includes(secret));
      assert.equal(
        Object.values(await readTenant(cloud, stranger.owner.tenantId))
          .flat()
          .filter((row) => JSON.stringify(row).includes(keeper.device.deviceId)),
        [],
      );
    } finally {
      await db.stop();
    }
  });

  test("one's own requests go on", async () => {
    const { cloud, keeper, stranger } = world;
    const statuses = [];
    for (const request of listRequests(keeper, keeper))
      statuses.push((await cloud.ask({ ...request, as: keeper.owner.token })).status);
    assert.equal(statuses, [200, 200, 200, 200, 201, 200, 409, 409, 200, 200, 204, 204, 204]);
    assert.equal(await listSeen(world, stranger, stranger), [
      "/api/v1/me",
      "/api/v1/devices",
      "/api/v1/alerts",
      "/api/v1/claim-codes",
      "/api/v1/firmware",
    ]);
  });
}

const open = suite("neither wall", { limitMs: 60_000 });

open(
  "without both the same requests tell and change, but for what the keys refuse: the walls are what they meet",
  async () => {
    const before = plugin.forgotten();
    const world = await createWorld((cloud) => createOpen(cloud.database.url, plugin));
    try {
      const { cloud, keeper, stranger } = world;
      assert.equal(await listSeen(world, stranger, keeper), [
        "/api/v1/devices",
        "/api/v1/alerts",
        "/api/v1/claim-codes",
        "/api/v1/firmware",
      ]);
      const statuses = [];
      for (const request of listRequests(keeper, stranger))
        statuses.push((await cloud.ask({ ...request, as: stranger.owner.token })).status);
      assert.ok(statuses.filter((status) => status < 300).length >= 8, statuses.join(" "));
      const events = await cloud.ask({
        url: `/api/v1/devices/${keeper.device.deviceId}/events`,
        as: stranger.owner.token,
      });
      assert.is(events.json.events.length, 1);
    } finally {
      await world.cloud.stop();
    }
    assert.ok(plugin.forgotten() - before >= 20, `${plugin.forgotten()} conditions were left out`);
  },
);

const list = suite("the list of requests");

/** Two routes of alerts are written as one. */
const VARIANT = /\$\{word\}/;

/** The routes of people's requests with something in their address, as the rooms write them. */
function readRoutes(): string[] {
  const cloud = path.resolve(import.meta.dirname, "../../../../cloud");
  const files = fs
    .readdirSync(cloud, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith("-routes.ts"));
  const found = files.flatMap((name) => {
    const text = fs.readFileSync(path.join(cloud, name), "utf8");
    return [...text.matchAll(/\.(get|post|put|delete|patch)\(\s*["`](\/api\/v1\/[^"`]*:[^"`]*)["`]/g)];
  });
  return found.flatMap(([, method = "", route = ""]) =>
    (VARIANT.test(route) ? ["acknowledge", "resolve"] : [""]).map(
      (word) => `${method.toUpperCase()} ${route.replace(VARIANT, word)}`,
    ),
  );
}

list("every route with an id is asked, so that a new one cannot be forgotten", () => {
  const routes = readRoutes().sort();
  assert.ok(routes.length >= 11, routes.join(" "));
  const nobody: Keeper = {
    owner: { token: "", tenantId: "", userId: "", email: "" },
    device: { tenantId: "", deviceId: "", credentialId: "", password: "" },
    alertId: "",
    code: "",
    commandId: 0,
    firmwareId: "",
    updateId: "",
  };
  const asked = new Set(listRequests(nobody, nobody).map((one) => one.route));
  assert.equal(routes, [...asked].sort());
});
