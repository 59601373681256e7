// Owns what the cloud consists of: every part, from the database up to the doors, wired once, and unwound in reverse. No part knows
// another but by what is handed to it here.
import { randomBytes as nodeRandomBytes } from "node:crypto";
import type { Logger } from "pino";
import { type AccountLimits, createFindAccount, registerAccountRoutes } from "./accounts/accounts-routes.ts";
import { createPasswords, type PasswordCost } from "./accounts/passwords.ts";
import { deleteEndedSessions } from "./accounts/queries/delete-ended-sessions.ts";
import { registerAlertRoutes } from "./alerts/alerts-routes.ts";
import { applyEventToAlerts } from "./alerts/queries/apply-event-to-alerts.ts";
import { createAuthenticateDevice } from "./claiming/claiming-ingest.ts";
import { type ClaimingLimits, registerClaimingRoutes } from "./claiming/claiming-routes.ts";
import { sweepClaiming } from "./claiming/queries/sweep-claiming.ts";
import { type Clock, createWallClock } from "./clock.ts";
import type { Config } from "./config.ts";
import { registerConsoleRoutes } from "./console/console-routes.ts";
import { createDatabase, type PoolSizes, splitPool, type TraplineDatabase } from "./db/connection.ts";
import { checkSchema } from "./db/migrations/check-schema.ts";
import { migrateUp } from "./db/migrations/migrate.ts";
import { MigrationError } from "./db/migrations/migration-error.ts";
import { pingDatabase } from "./db/ping.ts";
import { checkLogins } from "./db/roles/given-logins.ts";
import { type DatabaseUrls, prepareLogins } from "./db/roles/logins.ts";
import { RolesError } from "./db/roles/roles-error.ts";
import { createDeviceIngest, type DeviceIngest } from "./devices/devices-ingest.ts";
import { registerDeviceRoutes } from "./devices/devices-routes.ts";
import { findDevice } from "./devices/queries/find-device.ts";
import { notifyDevice } from "./devices/queries/notify-device.ts";
import { releaseDevice } from "./devices/queries/release-device.ts";
import { createTelemetryIngest, type TelemetryIngest } from "./devices/telemetry-ingest.ts";
import { createEventIngest } from "./events/events-ingest.ts";
import { registerEventRoutes } from "./events/events-routes.ts";
import { createApp, type HttpLimits, type HttpServer } from "./http/app.ts";
import { registerHealthRoutes } from "./http/health.ts";
import { type LiveLimits, registerLiveRoutes } from "./live/live-routes.ts";
import { createLiveListener, type LiveListener } from "./live/queries/live-listener.ts";
import { type Broker, type BrokerLimits, createBroker } from "./mqtt/broker.ts";
import { type Connections, createConnections } from "./mqtt/connections.ts";
import type { DeviceLink, Ingest } from "./mqtt/device-door.ts";
import { createLink } from "./mqtt/link.ts";
import { createPresenceIngest, type PresenceIngest } from "./presence/presence-ingest.ts";
import { createPresenceWatch, type PresenceWatch } from "./presence/watch-ingest.ts";
import { type Job, startScheduler } from "./scheduler.ts";
import { registerChunkRoutes } from "./updates/chunk-routes.ts";
import { createJudgeFirmware, fingerprintOf } from "./updates/firmware-verdict.ts";
import { applyBoot } from "./updates/queries/apply-boot.ts";
import { createUpdateIngest } from "./updates/updates-ingest.ts";
import { registerUpdateRoutes } from "./updates/updates-routes.ts";
import { deleteEndedTokens } from "./upkeep/queries/delete-ended-tokens.ts";
import { deleteEventKeys } from "./upkeep/queries/delete-event-keys.ts";
import { deleteOldDeliveries } from "./upkeep/queries/delete-old-deliveries.ts";
import { dropPartitions } from "./upkeep/queries/drop-partitions.ts";
import { ensurePartitions } from "./upkeep/queries/ensure-partitions.ts";
import { lockJob } from "./upkeep/queries/lock-job.ts";
import { ENDED_KEPT_MS, endedByOf, KEYS_AT_ONCE, listRetired } from "./upkeep/upkeep.ts";

export interface CloudOptions {
  /** The database it names is migrated already. */
  config: Config;
  log: Logger;
  /** The machine's own unless told, as is chance. */
  clock?: Clock;
  randomBytes?: (count: number) => Uint8Array;
  passwordCost?: PasswordCost;
  /** The ground floor's own unless told, for tests that take a wall away. */
  createDatabase?: typeof createDatabase;
  limits?: {
    http?: Partial<HttpLimits>;
    accounts?: Partial<AccountLimits>;
    claiming?: Partial<ClaimingLimits>;
    broker?: Partial<BrokerLimits>;
    live?: Partial<LiveLimits>;
  };
}

export interface Cloud {
  /** http://host:port */
  httpAddress: string;
  mqttAddress: { host: string; port: number };
  /** How often each kind of thing was refused over MQTT. */
  refusals(): Record<string, number>;
  /** Refuse what is new, finish what is under way, close everything. */
  stop(): Promise<void>;
}

/** What every part may need. */
interface Ground {
  config: Config;
  log: Logger;
  clock: Clock;
  randomBytes: (count: number) => Uint8Array;
  db: TraplineDatabase;
  connections: Connections;
  link: DeviceLink;
  limits: NonNullable<CloudOptions["limits"]>;
}

/** Connections of the system that a crowd of traps leaves to people. */
const SYSTEM_FOR_PEOPLE = 2;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Bring the database to the version of the code, if it is not there; only its owner may. */
export async function migrateDatabase(ownerUrl: string, log: Logger): Promise<void> {
  await migrateUp(ownerUrl, { log });
}

/** How the cloud hashes the passwords of people, for whoever gives a database people before there is a cloud. */
export function createPasswordHash(): (password: string) => Promise<string> {
  return createPasswords().hash;
}

/** Start the cloud. @throws what kept it from starting (a taken port has its code EADDRINUSE); then nothing is left running. */
export async function createCloud(options: CloudOptions): Promise<Cloud> {
  const parts: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) await part();
  };
  try {
    return { ...(await startParts(options, parts)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(options: CloudOptions, parts: (() => Promise<unknown>)[]): Promise<Omit<Cloud, "stop">> {
  const { config, log } = options;
  const clock = options.clock ?? createWallClock();
  const urls = await openLogins(config);
  await checkSchema(urls.system);
  const db = (options.createDatabase ?? createDatabase)({ urls, poolMax: config.databasePoolMax, log });
  parts.push(() => db.stop());
  const listener = createLiveListener({ url: urls.system, clock, log });
  parts.push(() => listener.stop());
  await listener.start();

  const connections = createConnections();
  const ground: Ground = {
    config,
    log,
    clock,
    randomBytes: options.randomBytes ?? nodeRandomBytes,
    db,
    connections,
    link: createLink(connections),
    limits: options.limits ?? {},
  };
  const watch = createPresenceWatch({ ...ground, notifyDevice });
  parts.push(() => watch.stop());
  const scheduler = startScheduler({ ...ground, lockJob }, listJobs(config));
  parts.push(() => scheduler.stop());

  const telemetry = createTelemetryIngest(ground);
  const broker = await createMqttDoor(ground, watch, telemetry);
  const mqtt: { port: number } = { port: config.mqttPort };
  const http = await createHttpDoor(ground, options, listener, () => mqtt.port);
  // Both doors close at once: what is under way at one does not wait for the other, nor telemetry for more of it.
  parts.push(() => Promise.all([http.stop(), broker.stop(), telemetry.stop()]));
  const mqttAddress = await broker.start({ host: config.mqttHost, port: config.mqttPort });
  mqtt.port = mqttAddress.port;
  const bound = await http.start({ host: config.httpHost, port: config.httpPort });
  const httpAddress = `http://${bound.host.includes(":") ? `[${bound.host}]` : bound.host}:${bound.port}`;
  const firmwareKeys = config.firmwareKeys.map(fingerprintOf);
  log.info({ httpAddress, mqttHost: mqttAddress.host, mqttPort: mqttAddress.port, firmwareKeys }, "cloud started");
  return { httpAddress, mqttAddress, refusals: () => broker.refusals() };
}

/** Words for a person where the database is not as it has to be; null for any other failure. */
export function explainStart(error: unknown): string | null {
  return error instanceof RolesError || error instanceof MigrationError ? error.message : null;
}

async function openLogins({ databaseUrl, databaseUrls }: Config): Promise<DatabaseUrls> {
  if (databaseUrls !== null) {
    await checkLogins(databaseUrls);
    return databaseUrls;
  }
  if (databaseUrl === null) throw new TypeError("a configuration without any address of a database");
  return prepareLogins(databaseUrl);
}

/** What runs by the clock: how often, and what it says it did. */
function listJobs({ retention }: Config): Job[] {
  const count = (facts: Record<string, number>) => (Object.values(facts).some((one) => one > 0) ? facts : null);
  return [
    { name: "claiming", pauseMs: MINUTE_MS, run: async (trx, now) => count({ ...(await sweepClaiming(trx, now)) }) },
    {
      name: "sessions",
      pauseMs: 10 * MINUTE_MS,
      run: async (trx, now) => count({ sessions: await deleteEndedSessions(trx, now) }),
    },
    {
      name: "partitions",
      pauseMs: HOUR_MS,
      run: async (trx) => count({ partitions: await ensurePartitions(trx) }),
    },
    {
      name: "retention",
      pauseMs: HOUR_MS,
      async run(trx, now) {
        const dropped: string[] = [];
        for (const retired of listRetired(now, retention)) dropped.push(...(await dropPartitions(trx, retired)));
        return dropped.length > 0 ? { dropped } : null;
      },
    },
    {
      name: "event keys",
      pauseMs: MINUTE_MS,
      async run(trx, now) {
        const endedBy = endedByOf(now, retention.device_events);
        return count({ eventKeys: await deleteEventKeys(trx, endedBy, KEYS_AT_ONCE) });
      },
    },
    {
      name: "leftovers",
      pauseMs: HOUR_MS,
      async run(trx, now) {
        const before = new Date(now.getTime() - ENDED_KEPT_MS);
        return count({
          tokens: await deleteEndedTokens(trx, before),
          deliveries: await deleteOldDeliveries(trx, before),
        });
      },
    },
  ];
}

function createMqttDoor(ground: Ground, watch: PresenceWatch, telemetry: TelemetryIngest): Promise<Broker> {
  const { db, config } = ground;
  const devices = createDeviceIngest({ db });
  const presence = createPresenceIngest({ db, notifyDevice, applyBoot, greet: devices.hello });
  return createBroker({
    ...ground,
    authenticate: createAuthenticateDevice({ ...ground, sealKey: Buffer.from(config.sealKey, "hex") }),
    ingest: createIngest(ground, presence, { ...devices, telemetry: telemetry.take }),
    isWrittenTogether: (message) => message.name === "telemetry",
    onHeard: watch.heard,
    onSessionEnded: presence.end,
    limits: { atOnce: countTurns(splitPool(config.databasePoolMax)), ...ground.limits.broker },
  });
}

/** What traps may do at once: each message takes a connection of the ingest, each log-in one of the system, whom people need as well. */
function countTurns({ ingest, system }: PoolSizes): number {
  return Math.max(1, Math.min(ingest, system - SYSTEM_FOR_PEOPLE));
}

/** Which room takes which message. */
function createIngest(
  { db }: Ground,
  presence: PresenceIngest,
  devices: DeviceIngest & { telemetry: TelemetryIngest["take"] },
): Ingest {
  const events = createEventIngest({ db, applyToAlerts: applyEventToAlerts, notifyDevice });
  const updates = createUpdateIngest({ db });
  return (device, message, at) => {
    switch (message.name) {
      case "hello":
        return presence.hello(device, message, at);
      case "will":
        return presence.will(device, message, at);
      case "event":
        return events(device, message, at);
      case "update":
        return updates(device, message, at);
      case "telemetry":
        return devices.telemetry(device, message, at);
      case "reported":
        return devices.reported(device, message, at);
      case "result":
        return devices.result(device, message, at);
    }
  };
}

function createHttpDoor(
  ground: Ground,
  options: CloudOptions,
  listener: LiveListener,
  getMqttPort: () => number,
): Promise<HttpServer> {
  const { config, db, limits } = ground;
  const getBroker = () => ({
    host: config.publicMqttHost ?? config.mqttHost,
    port: config.publicMqttPort ?? getMqttPort(),
  });
  return createApp({
    ...ground,
    findAccount: createFindAccount(ground),
    trustProxy: config.trustProxy,
    frameAncestors: config.frameAncestors,
    limits: limits.http,
    register: [
      (app) =>
        registerAccountRoutes(app, {
          ...ground,
          passwords: createPasswords(options.passwordCost),
          limits: limits.accounts,
        }),
      (app) =>
        registerClaimingRoutes(app, {
          ...ground,
          sealKey: Buffer.from(config.sealKey, "hex"),
          factoryToken: config.factoryToken,
          devices: { findDevice, notifyDevice, releaseDevice },
          getBroker,
          limits: limits.claiming,
        }),
      (app) => registerDeviceRoutes(app, ground),
      (app) => registerEventRoutes(app, { db }),
      (app) => registerAlertRoutes(app, ground),
      (app) => registerUpdateRoutes(app, { ...ground, judge: createJudgeFirmware(config.firmwareKeys) }),
      (app) => registerChunkRoutes(app, { db }),
      (app) => registerLiveRoutes(app, { ...ground, hearers: listener, limits: limits.live }),
      (app) => registerHealthRoutes(app, { check: () => pingDatabase(db) }),
      registerConsoleRoutes,
    ],
  });
}
