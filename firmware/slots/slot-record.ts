// Owns the one record that says which slot runs: one record, so that a power cut leaves the old or the new of all its fields [SLOT-2].
// The loader counts trials in it, the application begins and confirms them.
import type { Bytes } from "#protocol";
import type { SlotName } from "./slot-layout.ts";

/** In the record store. A factory reset leaves it: it is the trap's, not the owner's. */
export const SLOT_KEY = "slot";

export interface SlotRecord {
  /** The slot whose firmware was confirmed last. */
  active: SlotName;
  /** The slot that is on trial; empty if none is. */
  trial: SlotName | "";
  /** Boots of the trial that have begun. */
  boots: number;
  /** The highest counter of a confirmed firmware; a lower one is not taken. */
  counter: number;
  /** Of the firmware on trial. */
  trialCounter: number;
  /** How the last trial ended, if the cloud has yet to hear of it: a code of the contract; else 0. */
  code: number;
  /** Of the offer the trial came from; empty if there is nothing to tell of. */
  offer: string;
}

export function encodeSlotRecord(r: SlotRecord): Bytes {
  return [
    r.active,
    r.trial || "-",
    "" + r.boots,
    "" + r.counter,
    "" + r.trialCounter,
    "" + r.code,
    r.offer || "-",
  ].join(" ");
}

/** Null if there is none, or none of ours. */
export function decodeSlotRecord(record: Bytes | null): SlotRecord | null {
  const p = record === null ? [] : record.split(" ");
  const active = p[0];
  const trial = p[1];
  const boots = parseInt("" + p[2], 10);
  const counter = parseInt("" + p[3], 10);
  const trialCounter = parseInt("" + p[4], 10);
  const code = parseInt("" + p[5], 10);
  if (p.length !== 7 || (active !== "a" && active !== "b") || (trial !== "a" && trial !== "b" && trial !== "-"))
    return null;
  if (!(boots >= 0) || !(counter >= 0) || !(trialCounter >= 0) || !(code >= 0)) return null;
  return {
    active: active,
    trial: trial === "-" || trial === active ? "" : trial,
    boots: boots,
    counter: counter,
    trialCounter: trialCounter,
    code: code,
    offer: p[6] === "-" ? "" : "" + p[6],
  };
}
