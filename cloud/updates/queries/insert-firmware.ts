// Owns the publishing of a signed firmware [TENANT-2]. A version names one content per tenant, for ever.
import { sql } from "kysely";
import { writeAudit } from "../../db/audit-log.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { SignedFacts } from "../firmware-verdict.ts";
import type { Firmware } from "../updates.ts";
import { FIRMWARE_COLUMNS, toFirmware } from "./firmware-row.ts";

export interface NewFirmware {
  tenantId: string;
  userId: string;
  firmware: SignedFacts;
  /** The whole signed file. */
  content: Buffer;
  now: Date;
}

export type Published = { ok: true; firmware: Firmware; isNew: boolean } | { ok: false; reason: "firmware-conflict" };

/** Publish; the same firmware of the same counter again is what it was, though the same key has signed it anew. */
export async function insertFirmware(trx: Transaction, wish: NewFirmware): Promise<Published> {
  const { tenantId } = wish;
  const { version, counter, sha256, signedBy } = wish.firmware;
  // Two that publish one version at once come one after the other.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`firmware ${tenantId} ${version}`}, 0))`.execute(trx);
  const known = await trx
    .selectFrom("firmware_versions")
    .select(FIRMWARE_COLUMNS)
    .where("tenant_id", "=", tenantId)
    .where("type", "=", "firmware")
    .where("version", "=", version)
    .where("content", "is not", null)
    .where("signed_by", "is not", null)
    .executeTakeFirst();
  if (known !== undefined) {
    const isSame = known.sha256 === sha256 && known.counter === counter && known.signed_by === signedBy;
    return isSame
      ? { ok: true, firmware: toFirmware(known), isNew: false }
      : { ok: false, reason: "firmware-conflict" };
  }
  await withdrawUnsigned(trx, tenantId, version);
  const row = await insertRow(trx, wish);
  await writeAudit(trx, {
    action: "publish",
    resourceType: "firmware",
    resourceId: row.id,
    new: { version, counter, sha256, signedBy },
  });
  return { ok: true, firmware: toFirmware(row), isNew: true };
}

/** What was published under the version before firmware was signed can reach no trap; its row stays, its bytes make room. */
async function withdrawUnsigned(trx: Transaction, tenantId: string, version: string): Promise<void> {
  await trx
    .updateTable("firmware_versions")
    .set({ content: null })
    .where("tenant_id", "=", tenantId)
    .where("type", "=", "firmware")
    .where("version", "=", version)
    .where("content", "is not", null)
    .where("signed_by", "is", null)
    .execute();
}

function insertRow(trx: Transaction, { tenantId, userId, firmware, content, now }: NewFirmware) {
  return trx
    .insertInto("firmware_versions")
    .values({
      tenant_id: tenantId,
      type: "firmware",
      version: firmware.version,
      counter: firmware.counter,
      target_hardware: firmware.hardware,
      changelog: firmware.notes === "" ? null : firmware.notes,
      signature: firmware.signature,
      signed_by: firmware.signedBy,
      sha256: firmware.sha256,
      size: content.length,
      content,
      created_by: userId,
      created_at: now,
    })
    .returning(FIRMWARE_COLUMNS)
    .executeTakeFirstOrThrow();
}
