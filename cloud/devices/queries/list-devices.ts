// Owns the list of a tenant's traps [TENANT-2], without the released ones, in the order they came.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { Device } from "../devices.ts";
import { toDevice } from "./device-row.ts";

export async function listDevices(trx: Transaction, tenantId: string): Promise<Device[]> {
  const rows = await trx
    .selectFrom("devices")
    .selectAll()
    .where("tenant_id", "=", tenantId)
    .where("unclaimed_at", "is", null)
    .orderBy("created_at")
    .orderBy("id")
    .execute();
  return rows.map(toDevice);
}
