// Owns the list of a tenant's published firmware [TENANT-2]; what was published unsigned, in former days, is none.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { Firmware } from "../updates.ts";
import { FIRMWARE_COLUMNS, toFirmware } from "./firmware-row.ts";

/** The newest first. */
export async function listFirmware(trx: Transaction, tenantId: string, countMax: number): Promise<Firmware[]> {
  const rows = await trx
    .selectFrom("firmware_versions")
    .select(FIRMWARE_COLUMNS)
    .where("tenant_id", "=", tenantId)
    .where("type", "=", "firmware")
    .where("content", "is not", null)
    .where("signed_by", "is not", null)
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(countMax)
    .execute();
  return rows.map(toFirmware);
}
