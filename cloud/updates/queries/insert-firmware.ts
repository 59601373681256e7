// Owns the publishing of a bundle [TENANT-2]. A version names one content per tenant, for ever.
import { sql } from "kysely";
import { writeAudit } from "../../db/audit-log.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { Firmware } from "../updates.ts";
import { FIRMWARE_COLUMNS, toFirmware } from "./firmware-row.ts";

export interface NewFirmware {
  tenantId: string;
  userId: string;
  version: string;
  sha256: string;
  content: Buffer;
  now: Date;
}

export type Published = { ok: true; firmware: Firmware; isNew: boolean } | { ok: false; reason: "firmware-conflict" };

/** Publish; the same content under the same version again is what it was. */
export async function insertFirmware(trx: Transaction, wish: NewFirmware): Promise<Published> {
  // Two that publish one version at once come one after the other.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`firmware ${wish.tenantId} ${wish.version}`}, 0))`.execute(
    trx,
  );
  const known = await trx
    .selectFrom("firmware_versions")
    .select(FIRMWARE_COLUMNS)
    .where("tenant_id", "=", wish.tenantId)
    .where("type", "=", "firmware")
    .where("version", "=", wish.version)
    .executeTakeFirst();
  if (known !== undefined) {
    const isSame = known.sha256 === wish.sha256;
    return isSame
      ? { ok: true, firmware: toFirmware(known), isNew: false }
      : { ok: false, reason: "firmware-conflict" };
  }
  const row = await trx
    .insertInto("firmware_versions")
    .values({
      tenant_id: wish.tenantId,
      type: "firmware",
      version: wish.version,
      sha256: wish.sha256,
      size: wish.content.length,
      content: wish.content,
      created_by: wish.userId,
      created_at: wish.now,
    })
    .returning(FIRMWARE_COLUMNS)
    .executeTakeFirstOrThrow();
  const { version, sha256 } = wish;
  await writeAudit(trx, { action: "publish", resourceType: "firmware", resourceId: row.id, new: { version, sha256 } });
  return { ok: true, firmware: toFirmware(row), isNew: true };
}
