// Owns the reading of what is known of the firmware a trap runs, by the hash it has told [TENANT-2].
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { Firmware } from "../updates.ts";
import { FIRMWARE_COLUMNS, toFirmware } from "./firmware-row.ts";

/**
 * The firmware of that hash; null if the tenant has published none, as where it came by cable: then the trap judges alone. Of the same bytes
 * signed several times the lowest counter is known to have been run.
 */
export async function findRunning(trx: Transaction, tenantId: string, sha256: string | null): Promise<Firmware | null> {
  if (sha256 === null) return null;
  const row = await trx
    .selectFrom("firmware_versions")
    .select(FIRMWARE_COLUMNS)
    .where("tenant_id", "=", tenantId)
    .where("sha256", "=", sha256)
    .where("signed_by", "is not", null)
    .orderBy("counter", "asc")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : toFirmware(row);
}
