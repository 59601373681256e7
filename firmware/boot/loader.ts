// Owns the decision which slot is run, made anew at each boot from the slots' own bytes and one record: a library that knows no board, so
// that it can be tried anywhere. What is said, closed and evaluated is boot.ts's.
//
// a trial     is verified wholly, its boot is counted in flash, and it is run. After three boots that nobody confirmed it is given up.
// no trial    the confirmed slot runs if its bytes are intact; if they are not, the other one, if it verifies wholly.
// no record   a fresh board runs the slot that verifies wholly, which counts as confirmed from then on. A board that lost its record may have
//             two: whether the newer was ever confirmed nobody knows, so it is on trial, with the older to go back to.
//
// A slot is never written here, and nothing is ever erased but what the record store renews [SLOT-1].
import { type Bytes, CODE_OK, CODE_STORE_FULL, CODE_UPDATE_ROLLED_BACK, CODE_UPDATE_UNSIGNED } from "#protocol";
import type { Flash } from "../ports.ts";
import { stepVerification } from "../signature/slh-dsa.ts";
import {
  beginSignature,
  checkTree,
  readSlot,
  type SlotFirmware,
  type SlotReader,
  toHex,
} from "../slots/slot-firmware.ts";
import { otherSlot, type SlotName } from "../slots/slot-layout.ts";
import { decodeSlotRecord, encodeSlotRecord, SLOT_KEY, type SlotRecord } from "../slots/slot-record.ts";
import { findRecord, openRecordStore, putRecord, type RecordStore } from "../store/record-store.ts";

/** A trial that was not confirmed in so many boots is given up. */
export const TRIAL_BOOTS_MAX = 3;

export interface LoaderPorts extends SlotReader {
  /** Of the record store. */
  flash: Flash;
  /** The public key, 32 bytes. Without one nothing new is believed. */
  key: Bytes;
}

export interface ChosenSlot {
  /** Empty if nothing can be run: then the board waits at its console, and is mended by cable. */
  slot: SlotName | "";
  isTrial: boolean;
  /** Where the firmware begins in the slot, and its size. */
  at: number;
  size: number;
  /** Of the firmware, in hexadecimal. */
  sha256: string;
  /** Why a trial ended at this boot, or why nothing can be run; else CODE_OK. */
  code: number;
}

export function chooseSlot(ports: LoaderPorts): ChosenSlot {
  const store = openRecordStore(ports.flash, ports.sha256);
  const record = decodeSlotRecord(findRecord(store, SLOT_KEY));
  if (record === null) return chooseFirst(ports, store);
  let code = CODE_OK;
  if (record.trial !== "") {
    const trial = record.boots < TRIAL_BOOTS_MAX ? verifySlot(ports, record.trial, record.counter) : null;
    code = trial === null ? CODE_UPDATE_ROLLED_BACK : trial.code;
    if (trial !== null && code === CODE_OK) {
      record.boots++;
      if (putRecord(store, SLOT_KEY, encodeSlotRecord(record))) return choose(ports, trial, true, CODE_OK);
      // What cannot be counted might be tried for ever.
      code = CODE_STORE_FULL;
    }
    record.trial = "";
    record.boots = 0;
    record.code = code;
    putRecord(store, SLOT_KEY, encodeSlotRecord(record));
  }
  const confirmed = readSlot(ports, record.active, 0);
  checkTree(ports, confirmed);
  if (confirmed.code === CODE_OK) return choose(ports, confirmed, false, code);
  const other = verifySlot(ports, otherSlot(record.active), 0);
  if (other.code !== CODE_OK) return choose(ports, null, false, confirmed.code);
  record.active = other.slot;
  putRecord(store, SLOT_KEY, encodeSlotRecord(record));
  return choose(ports, other, false, confirmed.code);
}

/** Of a board that has never chosen, or has lost its record. */
function chooseFirst(ports: LoaderPorts, store: RecordStore): ChosenSlot {
  const a = verifySlot(ports, "a", 0);
  const b = verifySlot(ports, "b", 0);
  const first = b.code === CODE_OK && (a.code !== CODE_OK || b.counter > a.counter) ? b : a;
  if (first.code !== CODE_OK) return choose(ports, null, false, first.code);
  const older = first === a ? b : a;
  const isTrial = older.code === CODE_OK && older.counter < first.counter;
  const active = isTrial ? older : first;
  const record: SlotRecord = {
    active: active.slot,
    trial: isTrial ? first.slot : "",
    boots: isTrial ? 1 : 0,
    counter: active.counter,
    trialCounter: isTrial ? first.counter : 0,
    code: CODE_OK,
    offer: "",
  };
  // What cannot be counted might be tried for ever.
  if (!putRecord(store, SLOT_KEY, encodeSlotRecord(record))) return choose(ports, active, false, CODE_OK);
  return choose(ports, first, isTrial, CODE_OK);
}

/** Wholly: for this trap, not too old, undamaged, signed. */
function verifySlot(ports: LoaderPorts, slot: SlotName, counterMin: number): SlotFirmware {
  const found = readSlot(ports, slot, counterMin);
  checkTree(ports, found);
  const verification = beginSignature(ports, found, ports.key);
  let more = true;
  while (more) {
    ports.kick();
    more = stepVerification(verification);
  }
  if (found.code === CODE_UPDATE_UNSIGNED && verification.verified === true) found.code = CODE_OK;
  return found;
}

function choose(ports: LoaderPorts, found: SlotFirmware | null, isTrial: boolean, code: number): ChosenSlot {
  if (found === null) return { slot: "", isTrial: false, at: 0, size: 0, sha256: "", code: code };
  const sha256 = toHex(ports.sha256(ports.read(found.slot, found.at, found.size)));
  return { slot: found.slot, isTrial: isTrial, at: found.at, size: found.size, sha256: sha256, code: code };
}
