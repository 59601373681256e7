// Owns the SQL of updates: offering, progress, and what a hello makes of it. Each change is told live in its own transaction. Every query
// names the tenant [TENANT-2].
import type { DownMessage, Hello, UpdateProgress } from "#protocol";
import { notifyLive } from "../db/live-notice.ts";
import type { Transaction } from "../db/tenant-transaction.ts";
import type { DeviceScope } from "../mqtt/device-door.ts";
import { findFirmware } from "./firmware-queries.ts";
import { createOffer, decideAtHello, decideProgress, type Update, type UpdateChange } from "./updates.ts";

type DeviceKey = Pick<DeviceScope, "tenantId" | "deviceId">;

const UNFINISHED = ["offered", "accepted", "fetching", "verified"] as const;

function selectUpdates(trx: Transaction, { tenantId, deviceId }: DeviceKey) {
  return trx
    .selectFrom("device_updates as u")
    .innerJoin("firmware_versions as f", "f.id", "u.firmware_version_id")
    .select((eb) => [
      "u.id",
      "u.device_id as deviceId",
      "f.id as firmwareId",
      eb.fn.coalesce("f.version", eb.val("")).as("version"),
      eb.fn.coalesce("f.sha256", eb.val("")).as("sha256"),
      eb.fn.coalesce("f.size", eb.val(0)).as("size"),
      "u.status",
      "u.received",
      "u.code",
      "u.offered_at as offeredAt",
      "u.updated_at as updatedAt",
      "u.booted_at as bootedAt",
    ])
    .where("u.tenant_id", "=", tenantId)
    .where("u.device_id", "=", deviceId);
}

async function getUpdate(trx: Transaction, device: DeviceKey, id: string): Promise<Update> {
  return selectUpdates(trx, device).where("u.id", "=", id).executeTakeFirstOrThrow();
}

async function tell(trx: Transaction, device: DeviceKey, id: string): Promise<Update> {
  const update = await getUpdate(trx, device, id);
  await notifyLive(trx, device.tenantId, { type: "update", data: update });
  return update;
}

export interface NewUpdate extends DeviceKey {
  firmwareId: string;
  now: Date;
}

export type Offered =
  | { ok: true; update: Update; device: DeviceScope }
  | { ok: false; reason: "device-not-found" | "firmware-not-found" | "update-conflict" };

/** Offer a bundle to a trap. Its row is locked, so that of two offers at once the second meets the first. */
export async function insertUpdate(trx: Transaction, wish: NewUpdate): Promise<Offered> {
  const { tenantId, deviceId, now } = wish;
  const device = await trx
    .selectFrom("devices")
    .select(["mqtt_username as credentialId", "boot_id as bootId"])
    .where("tenant_id", "=", tenantId)
    .where("id", "=", deviceId)
    .where("unclaimed_at", "is", null)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (device === undefined) return { ok: false, reason: "device-not-found" };
  const firmware = await findFirmware(trx, tenantId, wish.firmwareId);
  if (firmware === null) return { ok: false, reason: "firmware-not-found" };
  const unfinished = await trx
    .selectFrom("device_updates")
    .select("id")
    .where("tenant_id", "=", tenantId)
    .where("device_id", "=", deviceId)
    .where("status", "in", UNFINISHED)
    .executeTakeFirst();
  if (unfinished !== undefined) return { ok: false, reason: "update-conflict" };
  const row = await trx
    .insertInto("device_updates")
    .values({
      tenant_id: tenantId,
      device_id: deviceId,
      firmware_version_id: firmware.id,
      boot_id_at_offer: device.bootId,
      offered_at: now,
      updated_at: now,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const update = await tell(trx, wish, row.id);
  return { ok: true, update, device: { tenantId, deviceId, credentialId: device.credentialId ?? "" } };
}

/** The newest first. Null if the tenant has no such trap. */
export async function listUpdates(trx: Transaction, device: DeviceKey, countMax: number): Promise<Update[] | null> {
  const known = await trx
    .selectFrom("devices")
    .select("id")
    .where("tenant_id", "=", device.tenantId)
    .where("id", "=", device.deviceId)
    .executeTakeFirst();
  if (known === undefined) return null;
  return selectUpdates(trx, device).orderBy("u.offered_at", "desc").orderBy("u.id", "desc").limit(countMax).execute();
}

/** What the trap says of its progress. False if that is no update of this trap, or nothing new. */
export async function applyProgress(trx: Transaction, device: DeviceKey, progress: UpdateProgress): Promise<boolean> {
  const known = await trx
    .selectFrom("device_updates")
    .select(["status", "received"])
    .where("tenant_id", "=", device.tenantId)
    .where("device_id", "=", device.deviceId)
    .where("id", "=", progress.id)
    .forUpdate()
    .executeTakeFirst();
  if (known === undefined) return false;
  const change = decideProgress(known, progress);
  if (change === null) return false;
  await updateStatus(trx, device, progress.id, change);
  await tell(trx, device, progress.id);
  return true;
}

async function updateStatus(
  trx: Transaction,
  device: DeviceKey,
  id: string,
  change: Partial<UpdateChange> & { boot_id_at_offer?: string; booted_at?: Date },
): Promise<void> {
  await trx
    .updateTable("device_updates")
    .set(change)
    .where("tenant_id", "=", device.tenantId)
    .where("device_id", "=", device.deviceId)
    .where("id", "=", id)
    .execute();
}

/**
 * What the hello of the trap's current session makes of its unfinished update; returns the offer, if the trap is to hear it (again). The
 * caller holds the trap's row.
 */
export async function applyBoot(trx: Transaction, device: DeviceScope, hello: Hello, at: Date): Promise<DownMessage[]> {
  const open = await selectUpdates(trx, device)
    .select("u.boot_id_at_offer as bootIdAtOffer")
    .where("u.status", "in", UNFINISHED)
    .orderBy("u.offered_at", "desc")
    .executeTakeFirst();
  if (open === undefined) return [];
  const decision = decideAtHello(open, hello);
  if (decision === "wait") return [];
  if (decision === "offer") {
    const isAsBefore = open.status === "offered" && open.bootIdAtOffer === hello.boot;
    if (!isAsBefore) {
      await updateStatus(trx, device, open.id, { status: "offered", received: 0, boot_id_at_offer: hello.boot });
      if (open.status !== "offered") await tell(trx, device, open.id);
    }
    return [{ name: "offer", value: createOffer(open) }];
  }
  await updateStatus(
    trx,
    device,
    open.id,
    decision === "booted" ? { status: "booted", booted_at: at } : { status: "failed" },
  );
  await tell(trx, device, open.id);
  return [];
}
