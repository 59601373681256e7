// One list of requests for the walls between tenants: everything a person may ask with an id in it, asked by a stranger, and every list. And
// what a trap may say, said in the name of the stranger's tenant about a trap that is not theirs.
import type { Hello } from "#protocol";
import { applyEventToAlerts } from "../../../../cloud/alerts/queries/apply-event-to-alerts.ts";
import type { Transaction } from "../../../../cloud/db/tenant-transaction.ts";
import { findDevice } from "../../../../cloud/devices/queries/find-device.ts";
import { listOpenCommands } from "../../../../cloud/devices/queries/list-open-commands.ts";
import { updateAnswered } from "../../../../cloud/devices/queries/update-answered.ts";
import { updateReported } from "../../../../cloud/devices/queries/update-reported.ts";
import { updateReportedRevision } from "../../../../cloud/devices/queries/update-reported-revision.ts";
import { updateSent } from "../../../../cloud/devices/queries/update-sent.ts";
import { findKnownBefore } from "../../../../cloud/events/queries/find-known-before.ts";
import { findSequenceMax } from "../../../../cloud/events/queries/find-sequence-max.ts";
import { findTrapLocked } from "../../../../cloud/events/queries/find-trap-locked.ts";
import { insertEvent } from "../../../../cloud/events/queries/insert-event.ts";
import { updateTrapState } from "../../../../cloud/events/queries/update-trap-state.ts";
import type { DeviceScope } from "../../../../cloud/mqtt/device-door.ts";
import { applyHello } from "../../../../cloud/presence/queries/apply-hello.ts";
import { endSession } from "../../../../cloud/presence/queries/end-session.ts";
import { findCurrentLocked } from "../../../../cloud/presence/queries/find-current-locked.ts";
import { insertOvertaken } from "../../../../cloud/presence/queries/insert-overtaken.ts";
import { reviveSession } from "../../../../cloud/presence/queries/revive-session.ts";
import { applyBoot } from "../../../../cloud/updates/queries/apply-boot.ts";
import { applyProgress } from "../../../../cloud/updates/queries/apply-progress.ts";
import { type Ask, itemAt, type Owner, type TestCloud } from "../../../support/cloud.ts";
import { BOOT, connectDevice, type DeviceCredentials, eventOf, helloOf } from "../../../support/mqtt.ts";
import { readSigned } from "../../../support/signed-firmware.ts";

/** Somebody with a trap that was sprung, an alert, a code, a command, firmware and an update. */
export interface Keeper {
  owner: Owner;
  device: DeviceCredentials;
  alertId: string;
  code: string;
  commandId: number;
  firmwareId: string;
  updateId: string;
}

const SETTINGS = { telemetryS: 60, confirmMs: 50, armDelayMs: 1000, buzzer: true };

export async function createKeeper(cloud: TestCloud, name: string): Promise<Keeper> {
  const owner = await cloud.createOwner();
  const as = owner.token;
  const device = await cloud.createDevice(owner, { name: `Trap of ${name}` });
  const url = `/api/v1/devices/${device.deviceId}`;
  const trap = await connectDevice(cloud.mqttPort, device);
  await trap.subscribe();
  await trap.hello();
  await trap.event({ seq: 1, kind: "sprung" });
  await trap.told("ack");
  trap.cut();
  const alerts = await cloud.ask({ url: "/api/v1/alerts", as });
  const { code } = (await cloud.ask({ url: "/api/v1/claim-codes", body: { deviceName: `Next of ${name}` }, as })).json;
  const { command } = (await cloud.ask({ url: `${url}/commands`, body: { command: "identify" }, as })).json;
  const body = readSigned("usual").file;
  const { firmware } = (await cloud.ask({ url: "/api/v1/firmware", body, as })).json;
  const { update } = (await cloud.ask({ url: `${url}/updates`, body: { firmwareId: firmware.id }, as })).json;
  return {
    owner,
    device,
    alertId: itemAt(alerts.json.alerts).id,
    code,
    commandId: command.id,
    firmwareId: firmware.id,
    updateId: update.id,
  };
}

/** What would show that an answer speaks of this keeper. */
export function listSecrets({ owner, device, alertId, code, firmwareId, updateId }: Keeper): string[] {
  return [
    owner.tenantId,
    owner.userId,
    owner.email,
    device.deviceId,
    device.credentialId,
    alertId,
    code,
    firmwareId,
    updateId,
  ];
}

export interface NamedRequest extends Ask {
  /** As the route is written. */
  route: string;
}

/** Every list there is. */
export const LISTS = [
  "/api/v1/me",
  "/api/v1/devices",
  "/api/v1/alerts",
  "/api/v1/claim-codes",
  "/api/v1/claiming/nearby",
  "/api/v1/firmware",
];

/** Every request with an id, about what is this keeper's. The last ones end something. */
export function listRequests({ device, alertId, code, firmwareId }: Keeper, own: Keeper): NamedRequest[] {
  const to = (method: Ask["method"], route: string, body?: unknown): NamedRequest => {
    const id = route.includes("/alerts/") ? alertId : device.deviceId;
    return { route: `${method} ${route}`, method, url: route.replace(":id", id).replace(":code", code), body };
  };
  return [
    to("GET", "/api/v1/devices/:id"),
    to("GET", "/api/v1/devices/:id/commands"),
    to("GET", "/api/v1/devices/:id/events"),
    to("GET", "/api/v1/devices/:id/updates"),
    to("POST", "/api/v1/devices/:id/commands", { command: "reboot" }),
    to("PUT", "/api/v1/devices/:id/config", SETTINGS),
    to("POST", "/api/v1/devices/:id/updates", { firmwareId: own.firmwareId }),
    {
      ...to("POST", "/api/v1/devices/:id/updates", { firmwareId }),
      url: `/api/v1/devices/${own.device.deviceId}/updates`,
    },
    to("POST", "/api/v1/alerts/:id/acknowledge"),
    to("POST", "/api/v1/alerts/:id/resolve"),
    to("DELETE", "/api/v1/claim-codes/:code"),
    to("POST", "/api/v1/devices/:id/credentials"),
    to("POST", "/api/v1/devices/:id/release"),
  ];
}

export interface Operation {
  name: string;
  run(trx: Transaction): Promise<unknown>;
}

/** What traps make the cloud do, each said of the keeper's trap in the name of another tenant. */
export function listOperations(keeper: Keeper, tenantId: string): Operation[] {
  const device: DeviceScope = { ...keeper.device, tenantId };
  const at = new Date();
  const hello: Hello = helloOf(BOOT, 1);
  const session = { ...device, boot: BOOT, session: 1 };
  const event = { ...eventOf(BOOT), seq: 2 };
  const cause = { id: keeper.alertId, kind: "rearmed", occurredLatest: at, receivedAt: at } as const;
  const operations: Record<string, Operation["run"]> = {
    findDevice: (trx) => findDevice(trx, device),
    findTrapLocked: (trx) => findTrapLocked(trx, device),
    findCurrentLocked: async (trx) => (await findCurrentLocked(trx, device)) ?? null,
    findSequenceMax: (trx) => findSequenceMax(trx, device, event),
    findKnownBefore: async (trx) =>
      Object.values(await findKnownBefore(trx, device, { boot: "ffffffffffffffff", seq: 9 })),
    listOpenCommands: (trx) => listOpenCommands(trx, device, new Date(0)),
    applyHello: (trx) => applyHello(trx, device, hello, at),
    insertOvertaken: (trx) => insertOvertaken(trx, device, { boot: BOOT, session: 1 }, at),
    endSession: (trx) => endSession(trx, session, "will", at),
    reviveSession: (trx) => reviveSession(trx, { ...session, at }),
    updateReported: (trx) => updateReported(trx, device, { rev: 9, ...SETTINGS }, at),
    updateReportedRevision: (trx) => updateReportedRevision(trx, device, 9),
    updateTrapState: (trx) => updateTrapState(trx, device, "fault"),
    updateSent: (trx) => updateSent(trx, device, [keeper.commandId], at),
    updateAnswered: (trx) => updateAnswered(trx, device, { id: keeper.commandId, code: 7 }, at),
    insertEvent: (trx) => insertEvent(trx, device, event, at, { earliest: at, latest: at }),
    insertKnownEvent: (trx) => insertEvent(trx, device, { ...event, seq: 1 }, at, { earliest: at, latest: at }),
    applyEventToAlerts: (trx) => applyEventToAlerts(trx, device, { name: "x", kind: "snap" }, cause),
    applyProgress: (trx) => applyProgress(trx, device, { id: keeper.updateId, phase: "refused", received: 0, code: 1 }),
    applyBoot: (trx) => applyBoot(trx, device, { ...hello, boot: "0000000200000002" }, at),
  };
  return Object.entries(operations).map(([name, run]) => ({ name, run }));
}
