// Owns how an update goes: offered -> accepted -> fetching -> verified -> booted, or refused by the trap, or failed. Only a hello ends it
// well: a new boot that runs the offered hash [UPDATE-1]. Pure; also what may be published at all.
import { FIRMWARE_CHUNK_BYTES, type UpdateOffer, type UpdatePhase, type UpdateProgress } from "#protocol";
import type { DeviceUpdateStatus } from "../db/schema.ts";

/** A published bundle as the API tells it. */
export interface Firmware {
  id: string;
  version: string;
  sha256: string;
  /** Bytes. */
  size: number;
  createdAt: Date;
}

/** An update as the API and the live stream tell it. */
export interface Update {
  id: string;
  deviceId: string;
  firmwareId: string;
  version: string;
  sha256: string;
  size: number;
  status: DeviceUpdateStatus;
  /** Bytes stored by the trap so far. */
  received: number;
  /** A code of the contract; null until the trap has given one. */
  code: number | null;
  offeredAt: Date;
  updatedAt: Date;
  bootedAt: Date | null;
}

/** The order of going on; whoever is not in it has ended. */
const ORDER: readonly DeviceUpdateStatus[] = ["offered", "accepted", "fetching", "verified"];

export function isUnfinished(status: DeviceUpdateStatus): boolean {
  return ORDER.includes(status);
}

export interface UpdateChange {
  status: DeviceUpdateStatus;
  received: number;
  code: number | null;
}

/** What a trap's progress changes; null for nothing: it is over, or this is an old message come late. */
export function decideProgress(
  known: Pick<Update, "status" | "received">,
  progress: Pick<UpdateProgress, "phase" | "code" | "received">,
): UpdateChange | null {
  if (!isUnfinished(known.status)) return null;
  if (progress.phase === "refused") return { status: "refused", received: known.received, code: progress.code };
  const next = ORDER.indexOf(progress.phase satisfies Exclude<UpdatePhase, "refused">);
  const now = ORDER.indexOf(known.status);
  const isFurther = next > now || (next === now && progress.received > known.received);
  return isFurther ? { status: progress.phase, received: progress.received, code: null } : null;
}

/** An unfinished update, as a hello finds it. */
export interface UpdateAtHello {
  status: DeviceUpdateStatus;
  sha256: string;
  /** The boot the trap was in when it was last offered; null if it had never been heard. */
  bootIdAtOffer: string | null;
}

/**
 * `booted`: done; `failed`: it had verified the new bytes and started again with the old ones; `offer`: tell it (again), from the start;
 * `wait`: it knows and is at work, or has yet to restart.
 */
export type HelloDecision = "booted" | "failed" | "offer" | "wait";

/** What the trap's hello means for its unfinished update. */
export function decideAtHello(update: UpdateAtHello, hello: { boot: string; sha256: string }): HelloDecision {
  const isNewBoot = update.bootIdAtOffer !== null && hello.boot !== update.bootIdAtOffer;
  if (isNewBoot && hello.sha256 === update.sha256) return "booted";
  if (isNewBoot && update.status === "verified") return "failed";
  // What it had fetched before it started anew is lost to it.
  if (isNewBoot || update.status === "offered") return "offer";
  return "wait";
}

export function createOffer(update: Pick<Update, "id" | "firmwareId" | "version" | "size" | "sha256">): UpdateOffer {
  const { id, version, size, sha256 } = update;
  return { id, firmware: update.firmwareId, version, size, sha256, chunk: FIRMWARE_CHUNK_BYTES };
}

export type FirmwareVerdict = { ok: true } | { ok: false; detail: string };

/**
 * Decides whether bytes may be published. The seam where signatures come in: whoever composes the cloud hands in a stricter judge, and
 * nothing else changes.
 */
export type JudgeFirmware = (content: Uint8Array) => FirmwareVerdict;

/** What the interpreter can execute: printable ASCII, tabs and line breaks, and not nothing. */
export const judgeUnsigned: JudgeFirmware = (content) => {
  if (content.length === 0) return { ok: false, detail: "The bundle is empty." };
  const at = content.findIndex((byte) => byte > 126 || (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13));
  return at < 0 ? { ok: true } : { ok: false, detail: `Byte ${at} is no printable ASCII.` };
};
