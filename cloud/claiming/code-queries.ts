// Owns the SQL of claim codes: made by a person beforehand, used up by the one trap that shows it first.
import { displayClaimCode, normalizeClaimCode } from "#protocol";
import type { ClaimCodeRow } from "../db/schema.ts";
import type { Transaction } from "../db/tenant-transaction.ts";
import {
  type ClaimCode,
  type ClaimStep,
  CODES_ACTIVE_MAX,
  createClaimCode,
  type DevicesRoom,
  type Identity,
  type RandomBytes,
  WINDOW_MS,
} from "./claiming.ts";
import { deleteWindow, findOwned, insertDevice, notifyOwner, type OwnedTrap } from "./window-queries.ts";

function toClaimCode(row: ClaimCodeRow, now: Date): ClaimCode {
  const isOver = row.status === "active" && row.expires_at <= now;
  return {
    code: row.claim_code,
    display: displayClaimCode(row.claim_code),
    deviceName: row.device_name,
    status: isOver ? "expired" : row.status,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    claimedAt: row.claimed_at,
    deviceId: row.claimed_by_device_id,
  };
}

export interface NewClaimCode {
  tenantId: string;
  userId: string;
  deviceName: string;
  expiresAt: Date;
  now: Date;
}

/** Null if the tenant has as many active codes as it may have. */
export async function insertClaimCode(
  trx: Transaction,
  wish: NewClaimCode,
  randomBytes: RandomBytes,
): Promise<ClaimCode | null> {
  const { tenantId, now } = wish;
  const active = await trx
    .selectFrom("claim_codes")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("tenant_id", "=", tenantId)
    .where("status", "=", "active")
    .where("expires_at", ">", now)
    .executeTakeFirstOrThrow();
  if (active.count >= CODES_ACTIVE_MAX) return null;
  // Two equal codes among 49 bits are a matter of centuries; three times in a row is a broken source of randomness.
  for (let attempt = 0; attempt < 3; attempt++) {
    const row = await trx
      .insertInto("claim_codes")
      .values({
        claim_code: createClaimCode(randomBytes),
        tenant_id: tenantId,
        device_name: wish.deviceName,
        expires_at: wish.expiresAt,
        created_by: wish.userId,
        created_at: now,
      })
      .onConflict((conflict) => conflict.column("claim_code").doNothing())
      .returningAll()
      .executeTakeFirst();
    if (row !== undefined) return toClaimCode(row, now);
  }
  throw new Error("three new claim codes in a row were taken");
}

export async function listClaimCodes(trx: Transaction, tenantId: string, now: Date): Promise<ClaimCode[]> {
  const rows = await trx
    .selectFrom("claim_codes")
    .selectAll()
    .where("tenant_id", "=", tenantId)
    .orderBy("created_at", "desc")
    .orderBy("claim_code")
    .limit(100)
    .execute();
  return rows.map((row) => toClaimCode(row, now));
}

/** False if the tenant has no such active code. */
export async function updateRevoked(trx: Transaction, tenantId: string, code: string, now: Date): Promise<boolean> {
  const row = await trx
    .updateTable("claim_codes")
    .set({ status: "expired" })
    .where("tenant_id", "=", tenantId)
    .where("claim_code", "=", code)
    .where("status", "=", "active")
    .where("expires_at", ">", now)
    .returning("claim_code")
    .executeTakeFirst();
  return row !== undefined;
}

export interface Redemption {
  trap: Identity;
  /** As the trap sent it. */
  code: string;
  credentialId: string;
  now: Date;
}

/**
 * A trap that proved itself shows a code. One conditional UPDATE decides; a repeat by the same trap, whose answer was lost, is told the
 * same again. The caller holds the identity's lock and counts guesses.
 */
export async function redeemCode(trx: Transaction, redemption: Redemption, devices: DevicesRoom): Promise<ClaimStep> {
  const { trap, now, credentialId } = redemption;
  const code = normalizeClaimCode(redemption.code);
  const owned = await findOwned(trx, trap);
  if (owned?.isConfirmed) {
    await notifyOwner(trx, owned, trap.serialNumber, now);
    return { status: "owned" };
  }
  if (code === null) return { status: "code-refused" };
  const claimed: ClaimStep = { status: "code-claimed", expiresAt: new Date(now.getTime() + WINDOW_MS) };
  if (owned !== null) return (await isCodeOf(trx, code, owned, now)) ? claimed : { status: "code-refused" };
  const won = await trx
    .updateTable("claim_codes")
    .set({ status: "claimed", claimed_at: now })
    .where("claim_code", "=", code)
    .where("status", "=", "active")
    .where("expires_at", ">", now)
    .returning(["tenant_id", "device_name"])
    .executeTakeFirst();
  if (won === undefined) return { status: "code-refused" };
  const owner = { tenantId: won.tenant_id, name: won.device_name ?? trap.serialNumber, credentialId, now };
  const deviceId = await insertDevice(trx, trap, owner);
  await trx
    .updateTable("claim_codes")
    .set({ claimed_by_device_id: deviceId })
    .where("tenant_id", "=", won.tenant_id)
    .where("claim_code", "=", code)
    .execute();
  await deleteWindow(trx, trap.macAddress);
  await devices.notifyDevice(trx, { tenantId: won.tenant_id, deviceId });
  return claimed;
}

/** Whether the code is the one that made the trap its owner's, or another good one of the same owner, which then stays unused. */
async function isCodeOf(trx: Transaction, code: string, owned: OwnedTrap, now: Date): Promise<boolean> {
  const row = await trx
    .selectFrom("claim_codes")
    .selectAll()
    .where("tenant_id", "=", owned.tenantId)
    .where("claim_code", "=", code)
    .executeTakeFirst();
  if (row === undefined) return false;
  return row.claimed_by_device_id === owned.deviceId || (row.status === "active" && row.expires_at > now);
}
