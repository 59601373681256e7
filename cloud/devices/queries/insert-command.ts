// Owns the giving of a command: it lies in the database until the trap has answered or it is too old, since a broker forgets.
import type { CommandName } from "#protocol";
import { writeAudit } from "../../db/audit-log.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { DeviceKey } from "../../mqtt/device-door.ts";
import { COMMAND_MS, type DeviceCommand } from "../devices.ts";
import { toCommand } from "./command-row.ts";

export interface NewCommand extends DeviceKey {
  command: CommandName;
  userId: string | null;
  now: Date;
}

export async function insertCommand(trx: Transaction, wish: NewCommand): Promise<DeviceCommand> {
  const row = await trx
    .insertInto("device_commands")
    .values({
      tenant_id: wish.tenantId,
      device_id: wish.deviceId,
      command: wish.command,
      created_by: wish.userId,
      created_at: wish.now,
      expires_at: new Date(wish.now.getTime() + COMMAND_MS),
      sent_at: wish.now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  if (wish.userId !== null) {
    const action = wish.command === "release" ? "release" : "command";
    const facts = { resourceType: "device", resourceId: wish.deviceId, new: { command: wish.command } } as const;
    await writeAudit(trx, { action, ...facts });
  }
  return toCommand(row);
}
