// Owns how a claim code's row is read: it is over when its time is, whether or not it was swept yet [CLAIM-7].
import { displayClaimCode } from "#protocol";
import type { ClaimCodeRow } from "../../db/schema.ts";
import type { ClaimCode } from "../claiming.ts";

export function toClaimCode(row: ClaimCodeRow, now: Date): ClaimCode {
  const isOver = row.status === "active" && row.expires_at <= now;
  return {
    code: row.claim_code,
    display: displayClaimCode(row.claim_code),
    deviceName: row.device_name,
    status: isOver ? "expired" : row.status,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    claimedAt: row.claimed_at,
    deviceId: row.claimed_by_device_id,
  };
}
