// Owns the SQL of commands: they lie in the database until the trap has answered or they are too old, since a broker forgets.
import type { CommandName, CommandResult } from "#protocol";
import type { DeviceCommandRow } from "../db/schema.ts";
import type { Transaction } from "../db/tenant-transaction.ts";
import { COMMAND_MS, type DeviceCommand } from "./devices.ts";
import type { DeviceKey } from "./devices-queries.ts";

function toCommand(row: DeviceCommandRow): DeviceCommand {
  return {
    id: row.id,
    command: row.command,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    answeredAt: row.answered_at,
    code: row.code,
  };
}

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
  return toCommand(row);
}

/** Unanswered and not expired, oldest first. */
export async function listOpenCommands(trx: Transaction, key: DeviceKey, now: Date): Promise<DeviceCommand[]> {
  const rows = await trx
    .selectFrom("device_commands")
    .selectAll()
    .where("tenant_id", "=", key.tenantId)
    .where("device_id", "=", key.deviceId)
    .where("answered_at", "is", null)
    .where("expires_at", ">", now)
    .orderBy("id")
    .execute();
  return rows.map(toCommand);
}

/** The newest, newest first. */
export async function listCommands(trx: Transaction, key: DeviceKey, countMax: number): Promise<DeviceCommand[]> {
  const rows = await trx
    .selectFrom("device_commands")
    .selectAll()
    .where("tenant_id", "=", key.tenantId)
    .where("device_id", "=", key.deviceId)
    .orderBy("id", "desc")
    .limit(countMax)
    .execute();
  return rows.map(toCommand);
}

export async function updateSent(trx: Transaction, key: DeviceKey, ids: number[], now: Date): Promise<void> {
  if (ids.length === 0) return;
  await trx
    .updateTable("device_commands")
    .set({ sent_at: now })
    .where("tenant_id", "=", key.tenantId)
    .where("device_id", "=", key.deviceId)
    .where("id", "in", ids)
    .execute();
}

/** The first answer counts; null if there is no such command, or it has one. */
export async function updateAnswered(
  trx: Transaction,
  key: DeviceKey,
  result: CommandResult,
  now: Date,
): Promise<DeviceCommand | null> {
  const row = await trx
    .updateTable("device_commands")
    .set({ answered_at: now, code: result.code })
    .where("tenant_id", "=", key.tenantId)
    .where("device_id", "=", key.deviceId)
    .where("id", "=", result.id)
    .where("answered_at", "is", null)
    .returningAll()
    .executeTakeFirst();
  return row === undefined ? null : toCommand(row);
}
