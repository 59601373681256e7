// Owns the SQL of presence: sessions begin, are heard, end; and the trap's row says online exactly while its current session is open
// [PRES-1]. Whatever touches both locks the trap's row first. Every query names the tenant [TENANT-2]; only the two that look after all
// traps at once run without one.
import { sql } from "kysely";
import type { Hello } from "#protocol";
import type { SessionEndReason } from "../db/schema.ts";
import type { Transaction } from "../db/tenant-transaction.ts";
import type { DeviceScope } from "../mqtt/device-door.ts";
import type { CurrentSession, SessionName } from "./presence.ts";

type DeviceKey = Pick<DeviceScope, "tenantId" | "deviceId">;

export interface OpenSession extends DeviceKey, SessionName {}

/** The trap's current session, its row locked; `null` for none yet, undefined if these credentials are no longer good. */
export async function findCurrentLocked(
  trx: Transaction,
  device: DeviceScope,
): Promise<CurrentSession | null | undefined> {
  const row = await trx
    .selectFrom("devices")
    .select(["boot_id as boot", "session"])
    .where("tenant_id", "=", device.tenantId)
    .where("id", "=", device.deviceId)
    .where("mqtt_username", "=", device.credentialId)
    .where("unclaimed_at", "is", null)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { boot, session } = row;
  if (boot === null || session === null) return null;
  const known = await selectSession(trx, { ...device, boot, session })
    .select("connected_at")
    .executeTakeFirst();
  return { boot, session, helloAt: known?.connected_at ?? new Date(0) };
}

/** The trap's row, by whatever credentials, so that nothing else decides over its presence meanwhile. */
async function lockDevice(trx: Transaction, device: DeviceKey): Promise<void> {
  await trx
    .selectFrom("devices")
    .select("id")
    .where("tenant_id", "=", device.tenantId)
    .where("id", "=", device.deviceId)
    .forNoKeyUpdate()
    .execute();
}

function selectSession(trx: Transaction, { tenantId, deviceId, boot, session }: OpenSession) {
  return trx
    .selectFrom("device_sessions")
    .where("tenant_id", "=", tenantId)
    .where("device_id", "=", deviceId)
    .where("boot_id", "=", boot)
    .where("session", "=", session);
}

function updateSession(trx: Transaction, { tenantId, deviceId, boot, session }: OpenSession) {
  return trx
    .updateTable("device_sessions")
    .where("tenant_id", "=", tenantId)
    .where("device_id", "=", deviceId)
    .where("boot_id", "=", boot)
    .where("session", "=", session);
}

/** The hello's session is the trap's current one: it is open, every other is over, and the trap is as the hello says. */
export async function applyHello(trx: Transaction, device: DeviceKey, hello: Hello, at: Date): Promise<void> {
  const { tenantId, deviceId } = device;
  await trx
    .updateTable("device_sessions")
    .set({ ended_at: at, end_reason: "superseded" })
    .where("tenant_id", "=", tenantId)
    .where("device_id", "=", deviceId)
    .where("ended_at", "is", null)
    .where((eb) => eb.not(eb.and([eb("boot_id", "=", hello.boot), eb("session", "=", hello.session)])))
    .execute();
  await trx
    .insertInto("device_sessions")
    .values({
      tenant_id: tenantId,
      device_id: deviceId,
      boot_id: hello.boot,
      session: hello.session,
      connected_at: at,
      last_heard_at: at,
    })
    .onConflict((conflict) =>
      conflict
        .columns(["device_id", "boot_id", "session"])
        .doUpdateSet({ last_heard_at: at, ended_at: null, end_reason: null }),
    )
    .execute();
  await trx
    .updateTable("devices")
    .set({
      online: true,
      boot_id: hello.boot,
      session: hello.session,
      firmware_version: hello.version,
      firmware_sha256: hello.sha256,
      hardware: hello.hardware,
      trap_state: hello.state,
      battery_mv: hello.batteryMv,
      rssi: hello.rssi,
      last_seen: at,
    })
    .where("tenant_id", "=", tenantId)
    .where("id", "=", deviceId)
    .execute();
}

/** A session that was overtaken before its hello got here: it is written down as over, and changes nothing. */
export async function insertOvertaken(trx: Transaction, device: DeviceKey, name: SessionName, at: Date): Promise<void> {
  await trx
    .insertInto("device_sessions")
    .values({
      tenant_id: device.tenantId,
      device_id: device.deviceId,
      boot_id: name.boot,
      session: name.session,
      connected_at: at,
      last_heard_at: at,
      ended_at: at,
      end_reason: "superseded",
    })
    .onConflict((conflict) => conflict.columns(["device_id", "boot_id", "session"]).doNothing())
    .execute();
}

/**
 * End exactly this session [PRES-1]. True if the trap is offline by it, which it is only if no newer session has begun.
 * @param silentBefore end it only if it was last heard before this moment
 */
export async function endSession(
  trx: Transaction,
  session: OpenSession,
  reason: SessionEndReason,
  at: Date,
  silentBefore?: Date,
): Promise<boolean> {
  await lockDevice(trx, session);
  const ended = await updateSession(trx, session)
    .set({ ended_at: at, end_reason: reason })
    .where("ended_at", "is", null)
    .$if(silentBefore !== undefined, (query) => query.where("last_heard_at", "<", silentBefore ?? at))
    .returning("last_heard_at")
    .executeTakeFirst();
  if (ended === undefined) return false;
  const offline = await trx
    .updateTable("devices")
    .set({ online: false, last_seen: ended.last_heard_at })
    .where("tenant_id", "=", session.tenantId)
    .where("id", "=", session.deviceId)
    .where("boot_id", "=", session.boot)
    .where("session", "=", session.session)
    .where("online", "=", true)
    .executeTakeFirst();
  return offline.numUpdatedRows > 0n;
}

export interface Heard extends DeviceScope, SessionName {
  at: Date;
}

/** Note when sessions were last heard, all in one statement. Returns those it did not find open under good credentials. */
export async function updateHeard(trx: Transaction, heard: Heard[]): Promise<Heard[]> {
  if (heard.length === 0) return [];
  const column = <T>(pick: (one: Heard) => T): T[] => heard.map(pick);
  const found = await sql<{ device_id: string; boot_id: string; session: number }>`
    update device_sessions as s set last_heard_at = h.at
    from unnest(
      ${column((one) => one.tenantId)}::uuid[], ${column((one) => one.deviceId)}::uuid[],
      ${column((one) => one.credentialId)}::text[], ${column((one) => one.boot)}::text[],
      ${column((one) => one.session)}::bigint[], ${column((one) => one.at)}::timestamptz[]
    ) as h (tenant_id, device_id, credential_id, boot_id, session, at)
    join devices as d on d.tenant_id = h.tenant_id and d.id = h.device_id
      and d.mqtt_username = h.credential_id and d.unclaimed_at is null
    where s.tenant_id = h.tenant_id and s.device_id = h.device_id and s.boot_id = h.boot_id and s.session = h.session
      and s.ended_at is null
    returning s.device_id, s.boot_id, s.session`.execute(trx);
  const keyOf = (deviceId: string, boot: string, session: number) => `${deviceId} ${boot} ${session}`;
  const open = new Set(found.rows.map((row) => keyOf(row.device_id, row.boot_id, row.session)));
  return heard.filter((one) => !open.has(keyOf(one.deviceId, one.boot, one.session)));
}

/**
 * A session that was ended for its silence has been heard after all: it is open again. `revived`, `over` (it ended otherwise, or another
 * one is current), or `gone` (its credentials are void).
 */
export async function reviveSession(trx: Transaction, heard: Heard): Promise<"revived" | "over" | "gone"> {
  const current = await findCurrentLocked(trx, heard);
  if (current === undefined) return "gone";
  if (current === null || current.boot !== heard.boot || current.session !== heard.session) return "over";
  const revived = await updateSession(trx, heard)
    .set({ ended_at: null, end_reason: null, last_heard_at: heard.at })
    .where("end_reason", "=", "silent")
    .executeTakeFirst();
  if (revived.numUpdatedRows === 0n) return "over";
  await trx
    .updateTable("devices")
    .set({ online: true, last_seen: heard.at })
    .where("tenant_id", "=", heard.tenantId)
    .where("id", "=", heard.deviceId)
    .execute();
  return "revived";
}

/** Open sessions of all tenants that were last heard before this moment, the longest silent first. */
export async function listSilent(trx: Transaction, silentBefore: Date, countMax: number): Promise<OpenSession[]> {
  return trx
    .selectFrom("device_sessions")
    .select(["tenant_id as tenantId", "device_id as deviceId", "boot_id as boot", "session"])
    .where("ended_at", "is", null)
    .where("last_heard_at", "<", silentBefore)
    .orderBy("last_heard_at")
    .limit(countMax)
    .execute();
}
