// Owns the update machine: from an offer to a bundle that is ready to run [UPDATE-2]. Pure; update-effects.ts does what it asks.
//
// idle       no update; what was fetched of the last one is remembered, so that the same one offered again goes on there.
// fetching   chunks are fetched one after another, each tried again after a while.
// checking   everything is there; at its next wake the device reads the slot back and judges it.
// done       the other slot is on trial from the next boot on. That boot's hello is the proof, nothing said here is.
import {
  CODE_OK,
  CODE_UPDATE_ALREADY_RUNNING,
  CODE_UPDATE_BUSY,
  CODE_UPDATE_DOWNLOAD_FAILED,
  CODE_UPDATE_TOO_LARGE,
  CODE_UPDATE_WRONG_SIZE,
  SIGNED_FIRMWARE_BYTES_MAX,
  type UpdateOffer,
  type UpdatePhase,
} from "#protocol";
import type { Outcome } from "../machine.ts";
import { decideBackoffMs } from "../session/backoff.ts";
import { SLOT_PAGE_BYTES } from "../slots/slot-layout.ts";

export const CHUNK_MS = 30000;
export const CHUNK_RETRY_MS_MAX = 30000;
/** About six minutes without a single chunk. */
export const CHUNK_TRIES_MAX = 20;
/** Progress is told after every so many chunks. */
export const PROGRESS_CHUNKS = 16;

export interface UpdateMachine {
  name: "idle" | "fetching" | "checking" | "done";
  offer: UpdateOffer | null;
  /** Bytes in the slot. */
  received: number;
  request: number;
  tries: number;
  /** What was told last, to be told again on a new connection. */
  phase: UpdatePhase | "";
  wakeAt: number;
}

export type UpdateInput =
  | { name: "offered"; offer: UpdateOffer; runningSha256: string }
  | { name: "answer-came"; request: number; status: number; body: string }
  | { name: "slot-checked"; code: number }
  /** The cloud has proven on this connection that it knows the trap. */
  | { name: "welcomed" }
  /** An update is the owner's wish. */
  | { name: "owner-left" }
  | { name: "time-passed" };

export type UpdateEffect =
  | { name: "fetch-chunk"; request: number; firmware: string; chunk: number; bytesMax: number }
  | { name: "write-chunk"; offset: number; data: string }
  | { name: "restart" }
  | { name: "settle-trial" }
  | { name: "publish-progress"; id: string; phase: UpdatePhase; code: number; received: number };

export function createUpdate(): UpdateMachine {
  return { name: "idle", offer: null, received: 0, request: 0, tries: 0, phase: "", wakeAt: 0 };
}

/** @param chance 0 to 65535 */
export function applyUpdate(
  state: UpdateMachine,
  input: UpdateInput,
  now: number,
  chance: number,
): Outcome<UpdateMachine, UpdateEffect> {
  const next = Object.assign({}, state);
  const effects: UpdateEffect[] = [];
  switch (input.name) {
    case "offered":
      applyOffer(next, input.offer, input.runningSha256, now, effects);
      break;
    case "answer-came":
      if (next.name !== "fetching" || input.request !== next.request) break;
      if (input.status === 200) applyChunk(next, input.body, now, chance, effects);
      else retry(next, CODE_UPDATE_DOWNLOAD_FAILED, now, chance, effects);
      break;
    case "slot-checked":
      if (next.name === "checking") applyCheck(next, input.code, effects);
      break;
    case "welcomed":
      effects.push({ name: "settle-trial" });
      break;
    case "owner-left":
      if (next.name === "done") break;
      next.name = "idle";
      next.offer = null;
      next.wakeAt = 0;
      break;
    default:
      if (next.name !== "fetching" || next.wakeAt === 0 || now < next.wakeAt) break;
      // Either the pause after a failure is over, or an answer never came.
      fetchNext(next, now, effects);
  }
  return { state: next, effects: effects };
}

function applyOffer(
  n: UpdateMachine,
  offer: UpdateOffer,
  runningSha256: string,
  now: number,
  effects: UpdateEffect[],
): void {
  const isSame = n.offer !== null && n.offer.sha256 === offer.sha256 && n.offer.size === offer.size;
  if (n.name !== "idle") {
    // Delivered again, or in new words: what is under way goes on, under the newest name.
    if (isSame) n.offer = offer;
    else
      effects.push({ name: "publish-progress", id: offer.id, phase: "refused", code: CODE_UPDATE_BUSY, received: 0 });
    return;
  }
  if (!isSame) n.received = 0;
  n.offer = offer;
  n.tries = 0;
  if (offer.size > SIGNED_FIRMWARE_BYTES_MAX) giveUp(n, CODE_UPDATE_TOO_LARGE, effects);
  else if (offer.sha256 === runningSha256) giveUp(n, CODE_UPDATE_ALREADY_RUNNING, effects);
  // Each chunk is to lie in one page of the slot.
  else if (SLOT_PAGE_BYTES % offer.chunk !== 0 || offer.chunk % 4 !== 0) giveUp(n, CODE_UPDATE_WRONG_SIZE, effects);
  else {
    publish(n, "accepted", CODE_OK, effects);
    // A rest that does not begin at a chunk cannot be gone on with.
    if (n.received % offer.chunk !== 0) n.received = 0;
    fetchNext(n, now, effects);
  }
}

function publish(n: UpdateMachine, phase: UpdatePhase, code: number, effects: UpdateEffect[]): void {
  if (!n.offer) return;
  n.phase = phase;
  effects.push({ name: "publish-progress", id: n.offer.id, phase: phase, code: code, received: n.received });
}

function giveUp(n: UpdateMachine, code: number, effects: UpdateEffect[]): void {
  publish(n, "refused", code, effects);
  n.name = "idle";
  n.wakeAt = 0;
}

function fetchNext(n: UpdateMachine, now: number, effects: UpdateEffect[]): void {
  const offer = n.offer;
  if (!offer) return;
  n.name = "fetching";
  n.request++;
  n.wakeAt = now + CHUNK_MS;
  effects.push({
    name: "fetch-chunk",
    request: n.request,
    firmware: offer.firmware,
    chunk: Math.floor(n.received / offer.chunk),
    bytesMax: offer.chunk,
  });
}

function retry(n: UpdateMachine, code: number, now: number, chance: number, effects: UpdateEffect[]): void {
  n.tries++;
  if (n.tries >= CHUNK_TRIES_MAX) giveUp(n, code, effects);
  else {
    // The answer to the request before is too late from now on.
    n.request++;
    n.wakeAt = now + decideBackoffMs(n.tries, CHUNK_RETRY_MS_MAX, chance);
  }
}

function applyChunk(n: UpdateMachine, data: string, now: number, chance: number, effects: UpdateEffect[]): void {
  const offer = n.offer;
  if (!offer) return;
  if (data.length !== Math.min(offer.chunk, offer.size - n.received)) {
    retry(n, CODE_UPDATE_WRONG_SIZE, now, chance, effects);
    return;
  }
  effects.push({ name: "write-chunk", offset: n.received, data: data });
  n.received += data.length;
  n.tries = 0;
  if (n.received >= offer.size) {
    n.name = "checking";
    // Soon, but not within the answer to a request, whose memory is wanted for it.
    n.wakeAt = now + 1;
    return;
  }
  if (Math.floor(n.received / offer.chunk) % PROGRESS_CHUNKS === 0) publish(n, "fetching", CODE_OK, effects);
  fetchNext(n, now, effects);
}

function applyCheck(n: UpdateMachine, code: number, effects: UpdateEffect[]): void {
  n.wakeAt = 0;
  if (code !== CODE_OK) {
    n.received = 0;
    giveUp(n, code, effects);
    return;
  }
  n.name = "done";
  effects.push({ name: "restart" });
  publish(n, "verified", CODE_OK, effects);
}
