// Owns what traps say of their updates. What their hellos say of them is applyBoot's, in the hello's own transaction.
import type { UpMessage } from "#protocol";
import type { TraplineDatabase } from "../db/connection.ts";
import type { Ingest } from "../mqtt/device-door.ts";
import { applyProgress } from "./queries/apply-progress.ts";

export function createUpdateIngest(deps: { db: TraplineDatabase }): Ingest<Extract<UpMessage, { name: "update" }>> {
  return (device, message) =>
    deps.db.ingest(device, async (trx) => {
      await applyProgress(trx, device, message.value);
      return [];
    });
}
