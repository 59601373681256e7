// Owns what a trap knows of time across its boots: how many there were, and the life clock, the milliseconds it is known to have run in
// all of them [OUTBOX-3]. It never shows too much, so that an age reckoned with it is never claimed too high: what passed without power,
// or since the last note, is missing. Noted only while events wait for whom it matters.
import { findRecord, putRecord, type RecordStore } from "../store/record-store.ts";
import { BOOT_KEY } from "../store/settings.ts";
import { countWaiting, type Outbox } from "./outbox.ts";

/** From one note to the next: so much an event of an earlier boot may be older than its age says, for each loss of power. */
export const NOTE_MS = 600000;

export interface Life {
  boot: string;
  /** What the life clock showed when this boot began. */
  lifeMs: number;
  /** False if the flash did not take the count. */
  stored: boolean;
}

/** Eight hexadecimal digits of 32 bits. */
function formatWord(word: number): string {
  return (
    (65536 + ((word >> 16) & 65535)).toString(16).substring(1) + (65536 + (word & 65535)).toString(16).substring(1)
  );
}

/** Begin a boot: its name is its number, counted in flash, and chance. */
export function openLife(store: RecordStore, random: number): Life {
  const noted = (findRecord(store, BOOT_KEY) ?? "0 0").split(" ");
  // What is no number counts as none.
  const count = (parseInt("" + noted[0], 10) || 0) + 1;
  const lifeMs = parseInt("" + noted[1], 10) || 0;
  const stored = putRecord(store, BOOT_KEY, count + " " + lifeMs);
  return { boot: formatWord(count) + formatWord(random), lifeMs: lifeMs, stored: stored };
}

/** Note the life clock if that is due. @param now of this boot */
export function noteLife(o: Outbox, now: number): void {
  if (countWaiting(o) === 0 || now < o.notedAt + NOTE_MS) return;
  o.notedAt = now;
  const count = parseInt(o.boot.substring(0, 8), 16);
  putRecord(o.store, BOOT_KEY, count + " " + (o.lifeMs + now));
}
