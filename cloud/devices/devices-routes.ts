// Owns the HTTP of claimed traps: list, look, release, new credentials, command, configure. Whatever goes to a trap goes after the commit, and is told
// again at its next hello if it does not arrive now.
import type { Logger } from "pino";
import { Type } from "typebox";
import {
  ARM_DELAY_MS_MAX,
  ARM_DELAY_MS_MIN,
  CONFIRM_MS_MAX,
  CONFIRM_MS_MIN,
  type DownMessage,
  TELEMETRY_S_MAX,
  TELEMETRY_S_MIN,
} from "#protocol";
import type { Clock } from "../clock.ts";
import type { TraplineDatabase } from "../db/connection.ts";
import type { Transaction } from "../db/tenant-transaction.ts";
import type { App } from "../http/app.ts";
import { type Account, requireAccount } from "../http/auth.ts";
import { ProblemError } from "../http/problems.ts";
import { IdParams } from "../http/schemas.ts";
import type { DeviceKey, DeviceLink, DeviceScope } from "../mqtt/device-door.ts";
import { COMMANDS_OPEN_MAX, commandMessage, type Device, PERSON_COMMANDS } from "./devices.ts";
import { configureDevice } from "./queries/configure-device.ts";
import { findDevice } from "./queries/find-device.ts";
import { findScope } from "./queries/find-scope.ts";
import { insertCommand } from "./queries/insert-command.ts";
import { listCommands } from "./queries/list-commands.ts";
import { listDevices } from "./queries/list-devices.ts";
import { listOpenCommands } from "./queries/list-open-commands.ts";
import { releaseDevice } from "./queries/release-device.ts";
import { rotateCredentials } from "./queries/rotate-credentials.ts";

export interface DeviceDeps {
  db: TraplineDatabase;
  clock: Clock;
  link: DeviceLink;
  log: Logger;
}

/** A connection that takes no more is not worth a person's waiting. */
const SEND_MS_MAX = 2_000;
const COMMANDS_LISTED_MAX = 50;

const CommandBody = Type.Object({ command: Type.Enum(PERSON_COMMANDS) });
const SettingsBody = Type.Object({
  telemetryS: Type.Integer({ minimum: TELEMETRY_S_MIN, maximum: TELEMETRY_S_MAX }),
  confirmMs: Type.Integer({ minimum: CONFIRM_MS_MIN, maximum: CONFIRM_MS_MAX }),
  armDelayMs: Type.Integer({ minimum: ARM_DELAY_MS_MIN, maximum: ARM_DELAY_MS_MAX }),
  buzzer: Type.Boolean(),
});

export function registerDeviceRoutes(app: App, deps: DeviceDeps): void {
  registerReads(app, deps);
  registerRelease(app, deps);
  registerRotation(app, deps);
  registerCommands(app, deps);
  registerConfig(app, deps);
}

function keyOf(request: { account: Account; params: { id: string } }): DeviceKey {
  return { tenantId: request.account.tenantId, deviceId: request.params.id.toLowerCase() };
}

async function getDevice(trx: Transaction, key: DeviceKey): Promise<Device> {
  const device = await findDevice(trx, key);
  if (device === null) throw new ProblemError("device-not-found");
  return device;
}

async function getScope(trx: Transaction, key: DeviceKey): Promise<DeviceScope> {
  const scope = await findScope(trx, key);
  if (scope === null) throw new ProblemError("device-not-found");
  return scope;
}

function registerReads(app: App, { db }: DeviceDeps): void {
  app.get("/api/v1/devices", { onRequest: requireAccount }, async (request) => {
    const devices = await db.withTenant(request.account, (trx) => listDevices(trx, request.account.tenantId));
    return { devices };
  });

  app.get("/api/v1/devices/:id", { onRequest: requireAccount, schema: { params: IdParams } }, async (request) => {
    const device = await db.withTenant(request.account, (trx) => getDevice(trx, keyOf(request)));
    return { device };
  });
}

function registerRelease(app: App, deps: DeviceDeps): void {
  const options = { onRequest: requireAccount, schema: { params: IdParams } };
  app.post("/api/v1/devices/:id/release", options, async (request, reply) => {
    const key = keyOf(request);
    const now = deps.clock.now();
    const { userId } = request.account;
    const { scope, command } = await deps.db.withTenant(request.account, async (trx) => {
      const released = await releaseDevice(trx, { ...key, now, userId });
      if (released === null) throw new ProblemError("device-not-found");
      return { scope: released, command: await insertCommand(trx, { ...key, command: "release", userId, now }) };
    });
    await send(deps, scope, commandMessage(command));
    deps.link.disconnect(scope);
    deps.log.info({ tenantId: key.tenantId, deviceId: key.deviceId, userId }, "device released");
    return reply.code(204).send();
  });
}

/** The old password is void before the answer; the new one is for the trap alone, which fetches it as soon as it is refused. */
function registerRotation(app: App, deps: DeviceDeps): void {
  const options = { onRequest: requireAccount, schema: { params: IdParams } };
  app.post("/api/v1/devices/:id/credentials", options, async (request, reply) => {
    const key = keyOf(request);
    const { userId } = request.account;
    const rotation = { ...key, now: deps.clock.now(), userId };
    const rotated = await deps.db.withTenant(request.account, (trx) => rotateCredentials(trx, rotation));
    if (!rotated.ok) throw new ProblemError(rotated.reason);
    deps.link.disconnect(rotated.scope);
    deps.log.info({ tenantId: key.tenantId, deviceId: key.deviceId, userId }, "device credentials rotated");
    return reply.code(204).send();
  });
}

function registerCommands(app: App, deps: DeviceDeps): void {
  const schema = { params: IdParams, body: CommandBody };
  app.post("/api/v1/devices/:id/commands", { onRequest: requireAccount, schema }, async (request, reply) => {
    const key = keyOf(request);
    const now = deps.clock.now();
    const { scope, command } = await deps.db.withTenant(request.account, async (trx) => {
      const found = await getScope(trx, key);
      const open = await listOpenCommands(trx, key, now);
      if (open.length >= COMMANDS_OPEN_MAX) throw new ProblemError("too-many-commands");
      const wish = { ...key, command: request.body.command, userId: request.account.userId, now };
      return { scope: found, command: await insertCommand(trx, wish) };
    });
    await send(deps, scope, commandMessage(command));
    return reply.code(201).send({ command });
  });

  const list = { onRequest: requireAccount, schema: { params: IdParams } };
  app.get("/api/v1/devices/:id/commands", list, async (request) => {
    const commands = await deps.db.withTenant(request.account, async (trx) => {
      await getDevice(trx, keyOf(request));
      return listCommands(trx, keyOf(request), COMMANDS_LISTED_MAX);
    });
    return { commands };
  });
}

function registerConfig(app: App, deps: DeviceDeps): void {
  const schema = { params: IdParams, body: SettingsBody };
  app.put("/api/v1/devices/:id/config", { onRequest: requireAccount, schema }, async (request) => {
    const key = keyOf(request);
    const { telemetryS, confirmMs, armDelayMs, buzzer } = request.body;
    const wish = { telemetryS, confirmMs, armDelayMs, buzzer };
    const { scope, device } = await deps.db.withTenant(request.account, async (trx) => {
      if (!(await configureDevice(trx, key, wish))) throw new ProblemError("device-not-found");
      return { scope: await getScope(trx, key), device: await getDevice(trx, key) };
    });
    await send(deps, scope, { name: "config", value: { rev: device.config.revision, ...wish } });
    return { device };
  });
}

/** Never fails: what did not arrive is told again at the next hello. */
async function send(deps: DeviceDeps, scope: DeviceScope, message: DownMessage): Promise<void> {
  const sent = deps.link.send(scope, message).catch((error: unknown) => {
    deps.log.warn({ err: error, deviceId: scope.deviceId, message: message.name }, "message to device not sent");
  });
  let timer: { stop(): void } | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = deps.clock.setTimer(SEND_MS_MAX, resolve);
  });
  await Promise.race([sent, limit]);
  timer?.stop();
}
