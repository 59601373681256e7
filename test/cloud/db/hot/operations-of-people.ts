// What people ask of the big database: logging in, traps, events, alerts, updates.
import * as assert from "uvu/assert";
import { insertFailedLogin } from "../../../../cloud/accounts/queries/insert-failed-login.ts";
import { replacePasswordHash } from "../../../../cloud/accounts/queries/replace-password-hash.ts";
import { readSigned } from "../../../support/signed-firmware.ts";
import { BIG, BIG_TENANT_TRAPS, CHATTERBOX, type HotTenant, SMALL, scopeOf, TENANTS, tenantAt } from "./hot-counts.ts";
import { hotId } from "./hot-ids.ts";
import type { HotRooms } from "./hot-rooms.ts";
import type { HotOperation } from "./operations.ts";

/** Of the big tenant: there, with a new alert. */
const ALERTED = 2_340;
const SETTINGS = { telemetryS: 60, confirmMs: 50, armDelayMs: 1000, buzzer: true };
const PASSWORD = "correct horse battery";
const EVERY_MONTH = "a page goes back as far as the trap's past does";

const get = (path: string, { token: as }: HotTenant = BIG) => ({ url: `/api/v1/${path}`, as });
const post = (path: string, body?: unknown, { token: as }: HotTenant = BIG) => ({
  method: "POST" as const,
  url: `/api/v1/${path}`,
  as,
  body,
});
const alertOf = (trap: number) => hotId("alert", trap * 2 + 1);

async function logIn({ ask }: HotRooms): Promise<string> {
  return (await ask({ url: "/api/v1/login", body: { email: "OWNER@example.com", password: PASSWORD } })).token;
}

const ACCOUNTS: HotOperation[] = [
  {
    name: "an account is made",
    run: ({ ask }) =>
      ask({
        url: "/api/v1/register",
        body: { tenantName: "Tenant", email: "owner@example.com", password: PASSWORD },
      }),
  },
  { name: "a person logs in", run: logIn },
  {
    name: "a person fails to log in",
    run: ({ db }) => db.system((trx) => insertFailedLogin(trx, BIG.userId)),
  },
  {
    name: "an old hash gives way to a new one",
    run: ({ db }) => db.system((trx) => replacePasswordHash(trx, BIG.userId, { oldHash: "hash", newHash: "other" })),
  },
  { name: "a person asks who they are", run: ({ ask }) => ask(get("me")) },
  {
    name: "a person logs out",
    run: async (rooms) => rooms.ask({ method: "POST", url: "/api/v1/logout", as: await logIn(rooms) }),
  },
];

const TRAPS: HotOperation[] = [
  {
    name: "the list of 5,000 traps",
    rowsMax: 1.1 * BIG_TENANT_TRAPS,
    run: async ({ ask }) => assert.ok((await ask(get("devices"))).devices.length > 0.9 * BIG_TENANT_TRAPS),
  },
  {
    name: "the list of one trap",
    run: async ({ ask }) => assert.is((await ask(get("devices", SMALL))).devices.length, 1),
  },
  { name: "one trap", run: ({ ask }) => ask(get(`devices/${scopeOf(ALERTED).deviceId}`)) },
  {
    name: "a command for a trap",
    run: ({ ask }) => ask(post(`devices/${scopeOf(ALERTED).deviceId}/commands`, { command: "identify" })),
  },
  { name: "the commands of a trap", run: ({ ask }) => ask(get(`devices/${scopeOf(ALERTED).deviceId}/commands`)) },
  {
    name: "settings for a trap",
    run: ({ ask }) => ask({ ...post(`devices/${scopeOf(ALERTED).deviceId}/config`, SETTINGS), method: "PUT" }),
  },
  {
    name: "new credentials for the trap with the most sessions",
    run: ({ ask }) => ask(post(`devices/${scopeOf(CHATTERBOX).deviceId}/credentials`, undefined, tenantAt(TENANTS))),
  },
  {
    name: "a trap with an open alert and an open session is released",
    run: ({ ask }) => ask(post(`devices/${scopeOf(4_980).deviceId}/release`)),
  },
  {
    name: "the trap with the most sessions is released",
    run: ({ ask }) => ask(post(`devices/${scopeOf(CHATTERBOX).deviceId}/release`, undefined, tenantAt(TENANTS))),
  },
];

/** From the newest page on: so many, the last one by what the one before has told. */
async function readEvents({ ask }: HotRooms, trap: number, tenant: HotTenant, pages: number): Promise<number> {
  let before = "";
  let count = 0;
  for (let page = 0; page < pages; page += 1) {
    const query = `limit=20${before === "" ? "" : `&before=${before}`}`;
    const { events, next } = await ask(get(`devices/${scopeOf(trap).deviceId}/events?${query}`, tenant));
    count += events.length;
    before = next ?? "";
  }
  return count;
}

const EVENTS: HotOperation[] = [
  {
    name: "the newest events of a trap, and the page after them",
    spreads: { device_events: EVERY_MONTH },
    run: async (rooms) => assert.is(await readEvents(rooms, ALERTED, BIG, 2), 40),
  },
  {
    name: "the newest events of the trap with the most, and the pages after them",
    spreads: { device_events: EVERY_MONTH },
    run: async (rooms) => assert.is(await readEvents(rooms, CHATTERBOX, tenantAt(TENANTS), 3), 60),
  },
];

const listAlerts = (query: string, tenant: HotTenant, fewest: number): HotOperation["run"] => {
  return async ({ ask }) => assert.ok((await ask(get(`alerts${query}`, tenant))).alerts.length >= fewest, query);
};

const ALERTS: HotOperation[] = [
  { name: "the alerts of a big tenant", run: listAlerts("", BIG, 200) },
  { name: "the open alerts of a big tenant", run: listAlerts("?status=open", BIG, 200) },
  { name: "the new alerts of a big tenant", run: listAlerts("?status=new", BIG, 200) },
  { name: "the resolved alerts of a big tenant", run: listAlerts("?status=resolved", BIG, 200) },
  { name: "the open alerts of a tenant with one trap", run: listAlerts("?status=open", SMALL, 0) },
  { name: "an alert is acknowledged", run: ({ ask }) => ask(post(`alerts/${alertOf(ALERTED)}/acknowledge`)) },
  { name: "an alert is resolved", run: ({ ask }) => ask(post(`alerts/${alertOf(ALERTED)}/resolve`)) },
];

/** The big tenant's firmware. */
const FIRMWARE = hotId("firmware", 0);

const UPDATES: HotOperation[] = [
  {
    name: "firmware is published",
    run: ({ ask }) =>
      ask({
        ...post("firmware", readSigned("as large as a slot").file),
        headers: { "content-type": "application/octet-stream" },
      }),
  },
  {
    name: "the list of firmware",
    run: async ({ ask }) => assert.ok((await ask(get("firmware"))).versions.length > 20),
  },
  {
    name: "firmware is offered to a trap",
    run: ({ ask }) => ask(post(`devices/${scopeOf(ALERTED + 1).deviceId}/updates`, { firmwareId: FIRMWARE })),
  },
  {
    name: "the updates of a trap",
    run: async ({ ask }) => {
      const { updates } = await ask(get(`devices/${scopeOf(ALERTED).deviceId}/updates`));
      assert.is(updates.length, 2);
    },
  },
];

export const OPERATIONS_OF_PEOPLE = [...ACCOUNTS, ...TRAPS, ...EVENTS, ...ALERTS, ...UPDATES];
