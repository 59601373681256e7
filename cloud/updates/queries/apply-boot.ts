// Owns what a trap's hello does to its newest update [UPDATE-1]. What it may do is decided in updates.ts.
import { CODE_UPDATE_UNSIGNED, type DownMessage, type Hello } from "#protocol";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceScope } from "../../mqtt/device-door.ts";
import { createOffer, decideAtHello, type HelloDecision, type Update, type UpdateAtHello } from "../updates.ts";
import { logEnd } from "./log-end.ts";
import { notifyUpdate } from "./notify-update.ts";
import { selectUpdates } from "./update-row.ts";
import { updateStatus } from "./update-status.ts";

/**
 * What the hello of the trap's current session makes of its newest update; returns the offer, if the trap is to hear it (again). The caller
 * holds the trap's row.
 */
export async function applyBoot(trx: Transaction, device: DeviceScope, hello: Hello, at: Date): Promise<DownMessage[]> {
  const newest = await selectUpdates(trx, device)
    .select([
      "u.boot_id_at_offer as bootIdAtOffer",
      "u.sha256_before as sha256Before",
      "u.booted_boot_id as bootedBootId",
    ])
    .orderBy("u.offered_at", "desc")
    .orderBy("u.id", "desc")
    .limit(1)
    .executeTakeFirst();
  if (newest === undefined) return [];
  const decision = decideAtHello(newest, hello);
  if (decision === "wait") return [];
  if (decision !== "offer") {
    await updateStatus(trx, device, newest.id, createEnd(decision, hello, at));
    await logEnd(trx, device, await notifyUpdate(trx, device, newest.id));
    return [];
  }
  await offerAgain(trx, device, newest, hello);
  return [{ name: "offer", value: createOffer(newest) }];
}

function createEnd(decision: Exclude<HelloDecision, "wait" | "offer">, hello: Hello, at: Date) {
  if (decision === "booted") return { status: "booted", booted_at: at, booted_boot_id: hello.boot } as const;
  // A trap that is back tells its own code soon.
  return { status: "failed", code: decision === "withdrawn" ? CODE_UPDATE_UNSIGNED : null } as const;
}

async function offerAgain(
  trx: Transaction,
  device: DeviceScope,
  { id, status, bootIdAtOffer, sha256Before }: Update & UpdateAtHello,
  { boot, sha256 }: Hello,
): Promise<void> {
  if (status === "offered" && bootIdAtOffer === boot && sha256Before === sha256) return;
  const anew = { status: "offered", received: 0, boot_id_at_offer: boot, sha256_before: sha256 } as const;
  await updateStatus(trx, device, id, anew);
  if (status !== "offered") await notifyUpdate(trx, device, id);
}
