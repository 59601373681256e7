// Owns the last word on an update before it may be tried [UPDATE-3]: what was fetched is read back from its slot and judged as a whole. One
// function that exists only while it runs; it blocks for seconds. The loader judges once more before every boot of the trial.
import {
  CODE_OK,
  CODE_STORE_FULL,
  CODE_UPDATE_UNSIGNED,
  CODE_UPDATE_WRONG_HASH,
  CODE_UPDATE_WRONG_SIZE,
} from "#protocol";
import { type Context, post } from "../context.ts";
import { stepVerification } from "../signature/slh-dsa.ts";
import { beginSignature, checkTree, readSlot, type SlotReader, toHex } from "../slots/slot-firmware.ts";
import { otherSlot } from "../slots/slot-layout.ts";
import { decodeSlotRecord, encodeSlotRecord, SLOT_KEY } from "../slots/slot-record.ts";
import { findRecord, putRecord } from "../store/record-store.ts";

/**
 * Judge the slot that was fetched into. If it is what the offer says and may be believed, it is noted as the next trial; else nothing of it
 * can be run by accident. The update machine hears the code. To be called with an almost empty stack.
 */
export function judgeUpdate(c: Context): void {
  const { slots, chip } = c.ports;
  const offer = c.update.offer;
  if (offer === null) return;
  const reader: SlotReader = {
    read: slots.read,
    sha256: chip.sha256,
    kick: chip.kick,
  };
  const running = readSlot(reader, slots.running, 0);
  const record = decodeSlotRecord(findRecord(c.store, SLOT_KEY)) ?? {
    ...{ active: slots.running, trial: "" as const, boots: 0, counter: running.counter },
    ...{ trialCounter: 0, code: CODE_OK, offer: "" },
  };
  // The counter of the firmware that runs is its own: other bytes under the same one are not newer.
  const counterMin = running.counter === record.counter ? record.counter + 1 : record.counter;
  const found = readSlot(reader, otherSlot(slots.running), counterMin);
  if (found.code === CODE_OK && found.at + found.size !== offer.size) found.code = CODE_UPDATE_WRONG_SIZE;
  checkTree(reader, found);
  if (found.code === CODE_OK) {
    const sha256 = chip.sha256(slots.read(found.slot, found.at, found.size));
    if (toHex(sha256) !== offer.sha256) found.code = CODE_UPDATE_WRONG_HASH;
  }
  const verification = beginSignature(reader, found, slots.key);
  let more = true;
  while (more) {
    reader.kick();
    more = stepVerification(verification);
  }
  if (found.code === CODE_UPDATE_UNSIGNED && verification.verified === true) found.code = CODE_OK;
  if (found.code === CODE_OK) {
    record.trial = found.slot;
    record.boots = 0;
    record.trialCounter = found.counter;
    record.code = CODE_OK;
    record.offer = offer.id;
    if (!putRecord(c.store, SLOT_KEY, encodeSlotRecord(record))) found.code = CODE_STORE_FULL;
  }
  // What was refused does not lie about: without its first page it is nothing.
  if (found.code !== CODE_OK) slots.erasePage(0);
  post(c, { to: "update", fact: { name: "slot-checked", code: found.code } });
}
