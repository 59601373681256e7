// Owns the reading of one published firmware of a tenant [TENANT-2]. Its bytes are find-content.ts.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { Firmware } from "../updates.ts";
import { FIRMWARE_COLUMNS, toFirmware } from "./firmware-row.ts";

export async function findFirmware(trx: Transaction, tenantId: string, id: string): Promise<Firmware | null> {
  const row = await trx
    .selectFrom("firmware_versions")
    .select(FIRMWARE_COLUMNS)
    .where("tenant_id", "=", tenantId)
    .where("id", "=", id)
    .where("type", "=", "firmware")
    .where("content", "is not", null)
    .where("signed_by", "is not", null)
    .executeTakeFirst();
  return row === undefined ? null : toFirmware(row);
}
