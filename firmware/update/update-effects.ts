// Owns what follows from the update machine: chunks over HTTP, bytes into the other slot, the trial and its end, progress to the cloud. What
// may be tried at all is verify.ts's.
import { CODE_OK, CODE_STORE_FULL, CODE_UPDATE_BUSY, encodeUpdateProgress, type UpdateProgress } from "#protocol";
import { type Context, drawChance, fault, intend, publish, request, say } from "../context.ts";
import { SLOT_PAGE_BYTES } from "../slots/slot-layout.ts";
import { decodeSlotRecord, encodeSlotRecord, SLOT_KEY } from "../slots/slot-record.ts";
import { findRecord, putRecord } from "../store/record-store.ts";
import { applyUpdate, type UpdateEffect, type UpdateInput } from "./update.ts";

/** Time for the last word to get out. */
const REBOOT_MS = 1000;

export function handleUpdate(c: Context, fact: UpdateInput): void {
  if (fact.name === "offered" && isOnTrial(c)) {
    // The other slot is what this trial goes back to.
    tell(c, { id: fact.offer.id, phase: "refused", code: CODE_UPDATE_BUSY, received: 0 });
    return;
  }
  const outcome = applyUpdate(c.update, fact, c.ports.clock.now(), drawChance(c));
  c.update = outcome.state;
  for (const effect of outcome.effects) perform(c, effect);
}

function isOnTrial(c: Context): boolean {
  const record = decodeSlotRecord(findRecord(c.store, SLOT_KEY));
  return record !== null && record.trial === c.ports.slots.running;
}

function perform(c: Context, effect: UpdateEffect): void {
  const slots = c.ports.slots;
  switch (effect.name) {
    case "fetch-chunk":
      request(c, "update", effect.request, {
        method: "GET",
        path: "/device/v1/firmware/" + effect.firmware + "/chunks/" + effect.chunk,
        body: "",
        bytesMax: effect.bytesMax,
      });
      break;
    case "write-chunk":
      // A page is erased when its turn comes, so that no single moment is long.
      if (effect.offset % SLOT_PAGE_BYTES === 0) slots.erasePage(Math.floor(effect.offset / SLOT_PAGE_BYTES));
      slots.write(effect.offset, effect.data + "\xff\xff\xff".substring(0, (4 - (effect.data.length & 3)) & 3));
      break;
    case "restart":
      intend(c, "reboot", REBOOT_MS);
      break;
    case "settle-trial":
      settleTrial(c);
      break;
    default:
      tell(c, effect);
  }
}

function tell(c: Context, progress: UpdateProgress): void {
  say(c, "update", ["phase", progress.phase, "code", progress.code, "received", progress.received]);
  publish(c, "update", encodeUpdateProgress(progress));
}

/** Confirm the trial that runs [UPDATE-4]; or tell how the last one ended, if that has not been told [UPDATE-5]. */
function settleTrial(c: Context): void {
  const record = decodeSlotRecord(findRecord(c.store, SLOT_KEY));
  if (record === null) return;
  if (record.trial === c.ports.slots.running) {
    record.active = record.trial;
    record.trial = "";
    record.boots = 0;
    record.counter = Math.max(record.counter, record.trialCounter);
    c.ports.slots.settle();
    say(c, "update", ["phase", "confirmed", "code", CODE_OK, "received", 0]);
  } else if (record.code !== CODE_OK && record.offer !== "") {
    tell(c, { id: record.offer, phase: "refused", code: record.code, received: 0 });
  } else return;
  record.code = CODE_OK;
  record.offer = "";
  if (!putRecord(c.store, SLOT_KEY, encodeSlotRecord(record))) fault(c, CODE_STORE_FULL, "trial");
}
