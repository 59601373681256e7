// Owns the HTTP of updates: publish a signed firmware, list what there is, offer it to a trap, see how it goes. An offer goes to the trap after the
// commit, and again at its hellos until it has taken it up. The door where traps fetch the bytes is chunk-routes.ts.
import type { Logger } from "pino";
import { Type } from "typebox";
import { SIGNED_FIRMWARE_BYTES_MAX } from "#protocol";
import type { Clock } from "../clock.ts";
import type { TraplineDatabase } from "../db/connection.ts";
import type { App } from "../http/app.ts";
import { type Account, requireAccount } from "../http/auth.ts";
import { ProblemError } from "../http/problems.ts";
import { IdParams, Uuid } from "../http/schemas.ts";
import type { DeviceLink } from "../mqtt/device-door.ts";
import type { JudgeFirmware } from "./firmware-verdict.ts";
import { insertFirmware } from "./queries/insert-firmware.ts";
import { insertUpdate } from "./queries/insert-update.ts";
import { listFirmware } from "./queries/list-firmware.ts";
import { listUpdates } from "./queries/list-updates.ts";
import { createOffer } from "./updates.ts";

export interface UpdateDeps {
  db: TraplineDatabase;
  clock: Pick<Clock, "now">;
  link: DeviceLink;
  log: Logger;
  /** What may be published. */
  judge: JudgeFirmware;
}

const COUNT_MAX = 100;
const ADMINISTRATORS: ReadonlySet<string> = new Set(["owner", "admin", "superadmin"]);

const UpdateBody = Type.Object({ firmwareId: Uuid });

export function registerUpdateRoutes(app: App, deps: UpdateDeps): void {
  registerPublishing(app, deps);
  registerOffers(app, deps);
}

/** Whoever decides what traps run. */
function mayUpdate(account: Account): Account {
  if (!ADMINISTRATORS.has(account.role)) throw new ProblemError("forbidden");
  return account;
}

function registerPublishing(app: App, { db, clock, log, judge }: UpdateDeps): void {
  app.get("/api/v1/firmware", { onRequest: requireAccount }, async (request) => {
    const { tenantId } = request.account;
    return { versions: await db.withTenant(request.account, (trx) => listFirmware(trx, tenantId, COUNT_MAX)) };
  });

  // In a scope of its own, since no other route takes raw bytes.
  app.register(async (scope: App) => {
    const limit = { parseAs: "buffer", bodyLimit: SIGNED_FIRMWARE_BYTES_MAX } as const;
    scope.addContentTypeParser<Buffer>("application/octet-stream", limit, (_request, body, done) => done(null, body));
    const options = { onRequest: requireAccount, bodyLimit: SIGNED_FIRMWARE_BYTES_MAX };
    scope.post("/api/v1/firmware", options, async (request, reply) => {
      const { tenantId, userId } = mayUpdate(request.account);
      const content = request.body;
      if (!Buffer.isBuffer(content)) throw new ProblemError("wrong-content-type");
      const verdict = judge(content);
      if (!verdict.ok) {
        log.warn({ tenantId, userId, bytes: content.length, reason: verdict.reason }, "firmware refused");
        throw new ProblemError(verdict.reason, { detail: verdict.detail });
      }
      const wish = { tenantId, userId, firmware: verdict.firmware, content, now: clock.now() };
      const published = await db.withTenant(request.account, (trx) => insertFirmware(trx, wish));
      if (!published.ok) throw new ProblemError(published.reason);
      const { firmware, isNew } = published;
      const { id: firmwareId, version, counter, signedBy } = firmware;
      if (isNew) log.info({ tenantId, userId, firmwareId, version, counter, signedBy }, "firmware published");
      return reply.code(isNew ? 201 : 200).send({ firmware });
    });
  });
}

function registerOffers(app: App, { db, clock, link, log }: UpdateDeps): void {
  const offer = { onRequest: requireAccount, schema: { params: IdParams, body: UpdateBody } };
  app.post("/api/v1/devices/:id/updates", offer, async (request, reply) => {
    const { tenantId, userId } = mayUpdate(request.account);
    const deviceId = request.params.id.toLowerCase();
    const wish = { tenantId, deviceId, firmwareId: request.body.firmwareId.toLowerCase(), now: clock.now() };
    const offered = await db.withTenant(request.account, (trx) => insertUpdate(trx, wish));
    if (!offered.ok) throw new ProblemError(offered.reason, { detail: offered.detail });
    const { update, device } = offered;
    log.info({ tenantId, userId, deviceId, updateId: update.id, version: update.version }, "update offered");
    // Nobody waits for a trap that may not be there: it is told again at its next hello.
    link.send(device, { name: "offer", value: createOffer(update) }).catch((error: unknown) => {
      log.warn({ err: error, deviceId }, "offer not sent");
    });
    return reply.code(201).send({ update });
  });

  const list = { onRequest: requireAccount, schema: { params: IdParams } };
  app.get("/api/v1/devices/:id/updates", list, async (request) => {
    const { tenantId } = request.account;
    const device = { tenantId, deviceId: request.params.id.toLowerCase() };
    const updates = await db.withTenant(request.account, (trx) => listUpdates(trx, device, COUNT_MAX));
    if (updates === null) throw new ProblemError("device-not-found");
    return { updates };
  });
}
