// Owns what claiming is: windows, codes and pickups in words, their bounds and outcomes, and how a code is made. Pure; the SQL is in the
// queries/ of this room, what traps say in trap-routes.ts, what people say in claiming-routes.ts and code-routes.ts.
import { CLAIM_CODE_ALPHABET, CLAIM_CODE_CHARS, CLAIMING_WINDOW_S, type TrapKind } from "#protocol";
import type { Transaction } from "../db/tenant-transaction.ts";
import type { Device } from "../devices/devices.ts";
import type { DeviceScope } from "../mqtt/device-door.ts";

export const WINDOW_MS = CLAIMING_WINDOW_S * 1000;
export const CODE_S_DEFAULT = 24 * 60 * 60;
export const CODE_S_MIN = 60;
export const CODE_S_MAX = 7 * 24 * 60 * 60;
/** So many codes of one tenant may be active at a time. */
export const CODES_ACTIVE_MAX = 20;
export const DEVICE_NAME_CHARS_MAX = 100;
export const PASSWORD_BYTES = 32;

/** What a flashing host registers; the key is kept sealed and is in no answer. */
export interface Identity {
  serialNumber: string;
  macAddress: string;
  hardware: string;
  kind: TrapKind;
}

/** A trap that is in claiming mode. */
export interface NearbyTrap {
  serialNumber: string;
  macAddress: string;
  kind: TrapKind;
  expiresAt: Date;
}

export interface ClaimCode {
  code: string;
  /** In groups, for reading aloud. */
  display: string;
  deviceName: string | null;
  status: "active" | "claimed" | "expired";
  expiresAt: Date;
  createdAt: Date;
  claimedAt: Date | null;
  deviceId: string | null;
}

/** The tenant's plan allows no further device. Ends the transaction it flies through, so that nothing of the claim stays. */
export class DeviceLimitError extends Error {
  override name = "DeviceLimitError";
}

export type Claimed = { ok: true; device: Device } | { ok: false; reason: "window-not-found" | "claim-taken" };

/** What becomes of a trap's request to be claimed, by window or by code. */
export type ClaimStep = { status: "open" | "code-claimed"; expiresAt: Date } | { status: "owned" | "code-refused" };

export type Pickup =
  | { status: "ready"; scope: DeviceScope }
  | { status: "waiting" | "confirmed" | "released" | "closed" };

/** What claiming needs of the devices room; compose.ts hands it in. */
export interface DevicesRoom {
  findDevice(trx: Transaction, key: { tenantId: string; deviceId: string }): Promise<Device | null>;
  notifyDevice(trx: Transaction, key: { tenantId: string; deviceId: string }): Promise<void>;
  releaseDevice(
    trx: Transaction,
    release: { tenantId: string; deviceId: string; now: Date; userId: string | null },
  ): Promise<DeviceScope | null>;
}

export type RandomBytes = (count: number) => Uint8Array;

/** A new claim code: every character equally likely, since a byte that would favour the first ones is thrown away. */
export function createClaimCode(randomBytes: RandomBytes): string {
  let code = "";
  while (code.length < CLAIM_CODE_CHARS) {
    for (const byte of randomBytes(2 * CLAIM_CODE_CHARS)) {
      // The alphabet has 30 characters; of the 32 values of five bits two are of no use.
      const character = CLAIM_CODE_ALPHABET[byte & 31];
      if (character !== undefined && code.length < CLAIM_CODE_CHARS) code += character;
    }
  }
  return code;
}

/** A UUID of version 4 out of 16 random bytes. */
export function formatUuid(random: Uint8Array): string {
  const bytes = Buffer.from(random);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Whole seconds until then, as a trap is told: never more than there are, never less than none. */
export function secondsUntil(expiresAt: Date, now: Date): number {
  return Math.max(0, Math.floor((expiresAt.getTime() - now.getTime()) / 1000));
}
