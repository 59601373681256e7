// Owns what a person who looks for traps is shown. Open windows belong to no tenant yet.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { NearbyTrap } from "../claiming.ts";

/** Open windows of one place, or the one of a serial number wherever it is. */
export function listNearby(
  trx: Transaction,
  by: { address: string } | { serialNumber: string },
  now: Date,
): Promise<NearbyTrap[]> {
  return trx
    .selectFrom("device_claiming_queue as q")
    .innerJoin("device_identities as i", "i.serial_number", "q.serial_number")
    .select(["i.serial_number as serialNumber", "i.mac_address as macAddress", "i.kind", "q.expires_at as expiresAt"])
    .where("q.claimed_at", "is", null)
    .where("q.expires_at", ">", now)
    .$if("address" in by, (query) => query.where("q.ip_address", "=", "address" in by ? by.address : ""))
    .$if("serialNumber" in by, (query) =>
      query.where("q.serial_number", "=", "serialNumber" in by ? by.serialNumber : ""),
    )
    .orderBy("q.created_at")
    .orderBy("q.id")
    .limit(50)
    .execute();
}
