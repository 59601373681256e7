// Owns what a trap's hello does to its unfinished update [UPDATE-1]. What it may do is decided in updates.ts.
import type { DownMessage, Hello } from "#protocol";
import { writeActivity } from "../../db/audit-log.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceScope } from "../../mqtt/device-door.ts";
import { createOffer, decideAtHello } from "../updates.ts";
import { notifyUpdate } from "./notify-update.ts";
import { selectUpdates, UNFINISHED } from "./update-row.ts";
import { updateStatus } from "./update-status.ts";

/**
 * What the hello of the trap's current session makes of its unfinished update; returns the offer, if the trap is to hear it (again). The
 * caller holds the trap's row.
 */
export async function applyBoot(trx: Transaction, device: DeviceScope, hello: Hello, at: Date): Promise<DownMessage[]> {
  const open = await selectUpdates(trx, device)
    .select("u.boot_id_at_offer as bootIdAtOffer")
    .where("u.status", "in", UNFINISHED)
    .orderBy("u.offered_at", "desc")
    .executeTakeFirst();
  if (open === undefined) return [];
  const decision = decideAtHello(open, hello);
  if (decision === "wait") return [];
  if (decision === "offer") {
    const isAsBefore = open.status === "offered" && open.bootIdAtOffer === hello.boot;
    if (!isAsBefore) {
      await updateStatus(trx, device, open.id, { status: "offered", received: 0, boot_id_at_offer: hello.boot });
      if (open.status !== "offered") await notifyUpdate(trx, device, open.id);
    }
    return [{ name: "offer", value: createOffer(open) }];
  }
  await updateStatus(
    trx,
    device,
    open.id,
    decision === "booted" ? { status: "booted", booted_at: at } : { status: "failed" },
  );
  if (decision === "booted") {
    const { tenantId, deviceId } = device;
    const details = { version: hello.version, sha256: hello.sha256 };
    await writeActivity(trx, { action: "firmware_updated", tenantId, deviceId, source: "device", details });
  }
  await notifyUpdate(trx, device, open.id);
  return [];
}
