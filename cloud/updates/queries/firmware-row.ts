// Owns how a published firmware's row is read, without its bytes.
import type { Firmware } from "../updates.ts";

interface FirmwareFacts {
  id: string;
  version: string | null;
  counter: number | null;
  target_hardware: string | null;
  changelog: string | null;
  signed_by: string | null;
  sha256: string | null;
  size: number | null;
  created_at: Date;
}

export const FIRMWARE_COLUMNS = [
  "id",
  "version",
  "counter",
  "target_hardware",
  "changelog",
  "signed_by",
  "sha256",
  "size",
  "created_at",
] as const;

export function toFirmware(row: FirmwareFacts): Firmware {
  return {
    id: row.id,
    version: row.version ?? "",
    counter: row.counter ?? 0,
    hardware: row.target_hardware ?? "",
    notes: row.changelog ?? "",
    signedBy: row.signed_by ?? "",
    sha256: row.sha256 ?? "",
    size: row.size ?? 0,
    createdAt: row.created_at,
  };
}
