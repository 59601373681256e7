// Owns how an update goes: offered -> accepted -> fetching -> verified -> booted, or refused by the trap, or failed. Only a hello ends it
// well: a new boot that runs the offered hash [UPDATE-1]. A trial can still fail after that; then the trap is back on the firmware before
// and says so. Pure; what may be published at all is firmware-verdict.ts.
import {
  CODE_UPDATE_ALREADY_RUNNING,
  CODE_UPDATE_ROLLED_BACK,
  FIRMWARE_CHUNK_BYTES,
  type UpdateOffer,
  type UpdatePhase,
  type UpdateProgress,
} from "#protocol";
import type { DeviceUpdateStatus } from "../db/schema.ts";

/** A published firmware as the API tells it. */
export interface Firmware {
  id: string;
  version: string;
  /** Grows from one firmware to the next; a trap takes none with a lower one than it has run. */
  counter: number;
  hardware: string;
  notes: string;
  /** Fingerprint of the key that has signed it. */
  signedBy: string;
  /** Of the firmware as a trap runs it. */
  sha256: string;
  /** Bytes of the signed file. */
  size: number;
  createdAt: Date;
}

/** An update as the API and the live stream tell it. */
export interface Update {
  id: string;
  deviceId: string;
  firmwareId: string;
  version: string;
  counter: number;
  /** Empty for what was offered before firmware was signed. */
  signedBy: string;
  sha256: string;
  /** Bytes of the signed file, which the trap fetches. */
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

/** A trap tries a new firmware in so many boots before it goes back by itself. */
export const TRIAL_BOOTS_MAX = 3;

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
  known: Pick<Update, "status" | "received" | "code">,
  progress: Pick<UpdateProgress, "phase" | "code" | "received">,
): UpdateChange | null {
  if (progress.phase === "refused") return decideRefusal(known, progress.code);
  if (!isUnfinished(known.status)) return null;
  const next = ORDER.indexOf(progress.phase satisfies Exclude<UpdatePhase, "refused">);
  const now = ORDER.indexOf(known.status);
  const isFurther = next > now || (next === now && progress.received > known.received);
  return isFurther ? { status: progress.phase, received: progress.received, code: null } : null;
}

/** A trap that refuses what it runs already, or ran on trial, has gone back; one whose return was seen before says why. */
function decideRefusal(known: Pick<Update, "status" | "received" | "code">, code: number): UpdateChange | null {
  const { status, received } = known;
  if (status === "refused" || (status === "failed" && known.code !== null)) return null;
  if (status === "booted" && code === CODE_UPDATE_ALREADY_RUNNING) return null;
  const isBack = !isUnfinished(status) || code === CODE_UPDATE_ROLLED_BACK;
  return { status: isBack ? "failed" : "refused", received, code };
}

/** A trap's newest update, as a hello finds it. */
export interface UpdateAtHello {
  status: DeviceUpdateStatus;
  sha256: string;
  signedBy: string;
  /** The boot the trap was in when it was last offered, and what it ran then; null if it had never been heard. */
  bootIdAtOffer: string | null;
  sha256Before: string | null;
  /** The boot whose hello proved it. */
  bootedBootId: string | null;
}

/**
 * `booted`: done; `failed`: it has the old bytes again; `offer`: tell it (again), from the start; `wait`: it knows and is at work, has yet
 * to restart, or there is nothing left to do. `withdrawn`: it was offered before firmware was signed, and is offered no more.
 */
export type HelloDecision = "booted" | "failed" | "offer" | "wait" | "withdrawn";

/** What the trap's hello means for its newest update. */
export function decideAtHello(update: UpdateAtHello, hello: { boot: string; sha256: string }): HelloDecision {
  if (update.status === "booted") return isBackAgain(update, hello) ? "failed" : "wait";
  if (!isUnfinished(update.status)) return "wait";
  const isNewBoot = update.bootIdAtOffer !== null && hello.boot !== update.bootIdAtOffer;
  if (isNewBoot && hello.sha256 === update.sha256) return "booted";
  if (isNewBoot && update.status === "verified") return "failed";
  if (update.signedBy === "") return "withdrawn";
  // What it had fetched before it started anew is lost to it.
  if (isNewBoot || update.status === "offered") return "offer";
  return "wait";
}

/** Within the boots of a trial the trap runs what it ran before; later, or from the first boot on, somebody has flashed it. */
function isBackAgain(update: UpdateAtHello, hello: { boot: string; sha256: string }): boolean {
  if (update.bootedBootId === null || hello.sha256 === update.sha256 || hello.sha256 !== update.sha256Before)
    return false;
  const boots = countBoots(hello.boot) - countBoots(update.bootedBootId);
  return boots > 0 && boots <= TRIAL_BOOTS_MAX;
}

/** The counter in front of a boot id. */
function countBoots(bootId: string): number {
  return Number.parseInt(bootId.slice(0, 8), 16);
}

export function createOffer(update: Pick<Update, "id" | "firmwareId" | "version" | "size" | "sha256">): UpdateOffer {
  const { id, version, size, sha256 } = update;
  return { id, firmware: update.firmwareId, version, size, sha256, chunk: FIRMWARE_CHUNK_BYTES };
}

/** Whether a trap that runs the one would refuse the other as outdated: a counter stands for one content. */
export function isOutdated(
  offered: Pick<Firmware, "counter" | "sha256">,
  running: Pick<Firmware, "counter" | "sha256">,
): boolean {
  return (
    offered.counter < running.counter || (offered.counter === running.counter && offered.sha256 !== running.sha256)
  );
}

type Counted = Pick<Firmware, "version" | "counter">;

export function describeOutdated(offered: Counted, running: Counted): string {
  return `The trap runs version ${running.version} with counter ${running.counter}, and takes none that counts less or as much; version ${offered.version} has counter ${offered.counter}. Sign the firmware it shall have anew, under another version and with a counter above ${running.counter}.`;
}
