// What traps make of the big database: logging in, hellos, events, telemetry, ends of sessions, the fetching of firmware; and a crowd at once.
import { createHash } from "node:crypto";
import * as assert from "uvu/assert";
import { CODE_OK, type DeviceEvent, type Hello, type Telemetry } from "#protocol";
import { replacePassword } from "../../../../cloud/claiming/queries/replace-password.ts";
import { GATHER_MS } from "../../../../cloud/devices/telemetry-ingest.ts";
import { SILENT_MS } from "../../../../cloud/presence/presence.ts";
import { endSession } from "../../../../cloud/presence/queries/end-session.ts";
import { listSilent } from "../../../../cloud/presence/queries/list-silent.ts";
import { reviveSession } from "../../../../cloud/presence/queries/revive-session.ts";
import { type Heard, updateHeard } from "../../../../cloud/presence/queries/update-heard.ts";
import { CHATTER_SESSIONS, CHATTERBOX, FIRMWARE_PER_TENANT, LAST_BOOT, scopeOf, TENANTS } from "./hot-counts.ts";
import { hotBoot, hotId } from "./hot-ids.ts";
import type { HotRooms } from "./hot-rooms.ts";
import type { HotOperation } from "./operations.ts";

/** Of the big tenant: there, without an open alert, with an update that is unfinished. */
const TRAP = 3_605;
const BOOT = hotBoot(LAST_BOOT);
const NEXT_BOOT = hotBoot(LAST_BOOT + 1);
const CROWD = 500;

const event = (rooms: HotRooms, trap: number, changes: Partial<DeviceEvent>) => {
  const value: DeviceEvent = { boot: BOOT, seq: 60_000, kind: "sprung", value: 0, age: 100, exact: true, ...changes };
  return rooms.events(scopeOf(trap), { name: "event", value }, rooms.clock.now());
};

const hello = (rooms: HotRooms, trap: number, changes: Partial<Hello> = {}) => {
  const value: Hello = {
    boot: NEXT_BOOT,
    session: 1,
    version: "1.0.0",
    sha256: "ab".repeat(32),
    hardware: "esp32-devkit",
    reason: 1,
    uptimeMs: 1_000,
    state: "armed",
    rev: 0,
    batteryMv: 3000,
    rssi: -60,
    ...changes,
  };
  return rooms.presence.hello(scopeOf(trap), { name: "hello", value }, rooms.clock.now());
};

const TELEMETRY: Telemetry = {
  boot: BOOT,
  uptimeMs: 61_000,
  state: "armed",
  batteryMv: 2970,
  rssi: -61,
  memFree: 1200,
  memTotal: 2500,
  falseTriggers: 2,
  outbox: 0,
  refusals: 1,
};
const SETTINGS = { rev: 4, telemetryS: 60, confirmMs: 50, armDelayMs: 1000, buzzer: true };
/** What the trap was offered in the big database: the firmware of its tenant that its number falls on. */
const OFFERED_SHA256 = createHash("sha256")
  .update(`firmware-${TENANTS * (TRAP % FIRMWARE_PER_TENANT)}`)
  .digest("hex");

const SESSIONS: HotOperation[] = [
  { name: "a trap logs in", run: ({ authenticate }) => authenticate(scopeOf(TRAP).credentialId, "wrong") },
  {
    name: "a trap's old password gives way to a new form of it",
    run: ({ db }) => {
      const known = { ...scopeOf(TRAP), clientId: null, passwordHash: "old", isConfirmed: true, identity: null };
      return db.system((trx) => replacePassword(trx, known, "new"));
    },
  },
  {
    name: "a trap says hello after a reboot that was ordered, with an update to be offered again",
    run: async (rooms) => assert.ok((await hello(rooms, TRAP)).some((one) => one.name === "offer")),
  },
  {
    name: "a trap says hello with the update it was offered",
    run: (rooms) => hello(rooms, TRAP, { boot: hotBoot(LAST_BOOT + 2), sha256: OFFERED_SHA256 }),
  },
  {
    name: "a hello comes too late",
    run: (rooms) => hello(rooms, TRAP, { boot: BOOT, session: 9 }),
  },
  { name: "the trap with the most sessions says hello", run: (rooms) => hello(rooms, CHATTERBOX) },
  {
    name: "the will of a trap",
    run: ({ presence, clock }) =>
      presence.will(scopeOf(TRAP), { name: "will", value: { boot: hotBoot(LAST_BOOT + 2), session: 1 } }, clock.now()),
  },
];

/** Every tenth trap is there. */
const listCrowd = () => Array.from({ length: CROWD }, (_none, index) => 10 * (index + 1_001));

const heard = (trap: number, at: Date): Heard => ({ ...scopeOf(trap), boot: BOOT, session: 3, at });

const CROWDS: HotOperation[] = [
  {
    name: "500 traps are heard at once",
    rowsMax: 5 * CROWD,
    async run({ db, clock }) {
      const crowd = listCrowd().map((trap) => heard(trap, clock.now()));
      assert.equal(await db.system((trx) => updateHeard(trx, crowd)), []);
    },
  },
  {
    name: "the silent are listed, one is given up, and comes back",
    async run({ db, clock }) {
      const before = new Date(clock.now().getTime() - SILENT_MS);
      const [session, ...others] = await db.system((trx) => listSilent(trx, before, 200));
      assert.ok(session !== undefined && others.length > 50);
      assert.ok(await db.ingest(session, (trx) => endSession(trx, session, "silent", clock.now(), before)));
      const trap = Number.parseInt(session.deviceId.slice(0, 8), 16);
      assert.is(await db.ingest(session, (trx) => reviveSession(trx, heard(trap, clock.now()))), "revived");
    },
  },
];

const EVENTS: HotOperation[] = [
  { name: "a spring that opens an alert and a visit", run: (rooms) => event(rooms, TRAP, {}) },
  { name: "the same spring once more", run: (rooms) => event(rooms, TRAP, {}) },
  {
    name: "a spring without power, of an earlier boot",
    run: (rooms) => event(rooms, TRAP, { boot: hotBoot(LAST_BOOT - 1), seq: 60_001, exact: false, kind: "armed" }),
  },
  {
    // The trap was last heard in one of its earlier sessions.
    name: "a spring without power, of the trap with the most events and sessions",
    rowsMax: 1.1 * CHATTER_SESSIONS,
    run: (rooms) => event(rooms, CHATTERBOX, { boot: NEXT_BOOT, seq: 1, exact: false, kind: "armed" }),
  },
  { name: "a low battery", run: (rooms) => event(rooms, TRAP, { seq: 60_002, kind: "battery-low" }) },
  { name: "a good battery, which settles it", run: (rooms) => event(rooms, TRAP, { seq: 60_003, kind: "battery-ok" }) },
  {
    name: "news of the trap with the most events",
    run: (rooms) => event(rooms, CHATTERBOX, { seq: 60_004, kind: "disarmed" }),
  },
];

const WORDS: HotOperation[] = [
  {
    name: "telemetry of 500 traps at once",
    rowsMax: 5 * CROWD,
    async run({ telemetry, clock }) {
      const crowd = listCrowd().map((trap) =>
        telemetry.take(scopeOf(trap), { name: "telemetry", value: TELEMETRY }, clock.now()),
      );
      clock.advance(GATHER_MS);
      await Promise.all(crowd);
    },
  },
  {
    name: "the settings in force",
    run: ({ devices, clock }) => devices.reported(scopeOf(TRAP), { name: "reported", value: SETTINGS }, clock.now()),
  },
  {
    name: "an answer to a command",
    run: ({ devices, clock }) =>
      devices.result(scopeOf(TRAP), { name: "result", value: { id: 1, code: CODE_OK } }, clock.now()),
  },
  {
    name: "progress of an update",
    run: ({ updates, clock }) => {
      const value = { id: hotId("update", 2 * TRAP + 1), phase: "accepted", code: CODE_OK, received: 0 } as const;
      return updates(scopeOf(TRAP), { name: "update", value }, clock.now());
    },
  },
  {
    name: "a chunk of firmware",
    run: ({ ask }) => ask({ url: `/device/v1/firmware/${hotId("firmware", 7)}/chunks/0` }),
  },
];

/** One after the other, as a trap would say it: the progress before the boot that ends the update, the will last. */
export const OPERATIONS_OF_TRAPS = [...EVENTS, ...WORDS, ...CROWDS, ...SESSIONS];
