// The rooms of the cloud on the big database, as people and traps meet them: behind one app, and behind the ingests that the broker calls.
import { randomBytes } from "node:crypto";
import { pino } from "pino";
import { createFindAccount, registerAccountRoutes } from "../../../../cloud/accounts/accounts-routes.ts";
import { createPasswords } from "../../../../cloud/accounts/passwords.ts";
import { registerAlertRoutes } from "../../../../cloud/alerts/alerts-routes.ts";
import { applyEventToAlerts } from "../../../../cloud/alerts/queries/apply-event-to-alerts.ts";
import { createAuthenticateDevice } from "../../../../cloud/claiming/claiming-ingest.ts";
import { registerClaimingRoutes } from "../../../../cloud/claiming/claiming-routes.ts";
import { createSimClock, type SimClock } from "../../../../cloud/clock.ts";
import type { TraplineDatabase } from "../../../../cloud/db/connection.ts";
import { createDeviceIngest, type DeviceIngest } from "../../../../cloud/devices/devices-ingest.ts";
import { registerDeviceRoutes } from "../../../../cloud/devices/devices-routes.ts";
import { findDevice } from "../../../../cloud/devices/queries/find-device.ts";
import { notifyDevice } from "../../../../cloud/devices/queries/notify-device.ts";
import { releaseDevice } from "../../../../cloud/devices/queries/release-device.ts";
import { createTelemetryIngest, type TelemetryIngest } from "../../../../cloud/devices/telemetry-ingest.ts";
import { createEventIngest } from "../../../../cloud/events/events-ingest.ts";
import { registerEventRoutes } from "../../../../cloud/events/events-routes.ts";
import { createApp } from "../../../../cloud/http/app.ts";
import type { AuthenticateDevice, DeviceLink } from "../../../../cloud/mqtt/device-door.ts";
import { createPresenceIngest, type PresenceIngest } from "../../../../cloud/presence/presence-ingest.ts";
import { registerChunkRoutes } from "../../../../cloud/updates/chunk-routes.ts";
import { createJudgeFirmware } from "../../../../cloud/updates/firmware-verdict.ts";
import { applyBoot } from "../../../../cloud/updates/queries/apply-boot.ts";
import { createUpdateIngest } from "../../../../cloud/updates/updates-ingest.ts";
import { registerUpdateRoutes } from "../../../../cloud/updates/updates-routes.ts";
import type { AnswerBody } from "../../../support/cloud.ts";
import { SIGNERS } from "../../../support/signed-firmware.ts";
import { type Ask, createAsk, FACTORY_TOKEN, type Rooms } from "../../http/rooms.ts";

export interface HotRooms {
  db: TraplineDatabase;
  clock: SimClock;
  /** Ask; anything but an answer of success is an error. */
  ask(request: Ask): Promise<AnswerBody>;
  /** Whatever the answer is. */
  http: Pick<Rooms, "ask">;
  authenticate: AuthenticateDevice;
  devices: DeviceIngest;
  telemetry: TelemetryIngest;
  presence: PresenceIngest;
  events: ReturnType<typeof createEventIngest>;
  updates: ReturnType<typeof createUpdateIngest>;
  stop(): Promise<void>;
}

const PLENTY = { count: 1_000_000, windowMs: 60_000 };
const NO_LINK: DeviceLink = { send: async () => undefined, disconnect: () => undefined };

export async function createHotRooms(db: TraplineDatabase, now: Date): Promise<HotRooms> {
  const clock = createSimClock(now);
  const log = pino({ enabled: false });
  const passwords = createPasswords({ memoryKib: 8, passes: 1, lanes: 1 });
  const shared = { db, clock, log, randomBytes, link: NO_LINK, passwords, sealKey: randomBytes(32) };
  const http = await createApp({
    log,
    clock,
    findAccount: createFindAccount(shared),
    register: [
      (app) => registerAccountRoutes(app, { ...shared, limits: { registrationsPerAddress: PLENTY } }),
      (app) =>
        registerClaimingRoutes(app, {
          ...shared,
          factoryToken: FACTORY_TOKEN,
          devices: { findDevice, notifyDevice, releaseDevice },
          getBroker: () => ({ host: "broker.example", port: 1883 }),
          limits: { challengesPerAddress: PLENTY },
        }),
      (app) => registerDeviceRoutes(app, shared),
      (app) => registerEventRoutes(app, shared),
      (app) => registerAlertRoutes(app, shared),
      (app) => registerUpdateRoutes(app, { ...shared, judge: createJudgeFirmware([SIGNERS.first]) }),
      (app) => registerChunkRoutes(app, shared),
    ],
  });
  const askPlainly = createAsk(http.app);
  const devices = createDeviceIngest(shared);
  const telemetry = createTelemetryIngest(shared);
  return {
    db,
    clock,
    async ask(request) {
      const answer = await askPlainly(request);
      if (answer.status >= 400) throw new Error(`${request.url} answered ${answer.status}: ${answer.text}`);
      return JSON.parse(answer.text.startsWith("{") ? answer.text : "{}");
    },
    http: { ask: askPlainly },
    authenticate: createAuthenticateDevice(shared),
    devices,
    telemetry,
    presence: createPresenceIngest({ ...shared, notifyDevice, applyBoot, greet: devices.hello }),
    events: createEventIngest({ ...shared, applyToAlerts: applyEventToAlerts, notifyDevice }),
    updates: createUpdateIngest(shared),
    async stop() {
      await telemetry.stop();
      await http.stop();
    },
  };
}
