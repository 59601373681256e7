// Owns how a command's row is read.
import type { DeviceCommandRow } from "../../db/schema.ts";
import type { DeviceCommand } from "../devices.ts";

export function toCommand(row: DeviceCommandRow): DeviceCommand {
  return {
    id: row.id,
    command: row.command,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    answeredAt: row.answered_at,
    code: row.code,
  };
}
