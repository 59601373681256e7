// Owns the list of a tenant's published bundles [TENANT-2].
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
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(countMax)
    .execute();
  return rows.map(toFirmware);
}
