// Owns how a published bundle's row is read, without its bytes.
import type { Firmware } from "../updates.ts";

interface FirmwareFacts {
  id: string;
  version: string | null;
  sha256: string | null;
  size: number | null;
  created_at: Date;
}

export const FIRMWARE_COLUMNS = ["id", "version", "sha256", "size", "created_at"] as const;

export function toFirmware(row: FirmwareFacts): Firmware {
  return {
    id: row.id,
    version: row.version ?? "",
    sha256: row.sha256 ?? "",
    size: row.size ?? 0,
    createdAt: row.created_at,
  };
}
