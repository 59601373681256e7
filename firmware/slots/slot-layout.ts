// Owns where things lie in the interpreter's Storage partition, and how large they are. The host composes the partition once (firmware/image),
// so that the data of each slot is whole pages at a known address; nothing on the trap changes its directory, and so nothing is ever moved.
//
// .boot0 and a padding file | slot-a, 35 pages | a padding file, one page | slot-b, 35 pages | erased

/** Of the ESP32, as Espruino's partition table has it. */
export const STORAGE_ADDRESS = 0x320000;
export const STORAGE_BYTES = 0xe0000;
export const SLOT_PAGE_BYTES = 4096;
/** Room for the longest signed firmware. */
export const SLOT_PAGES = 35;
export const SLOT_BYTES = 143360;
/** Where the data of the slots begins; before it is room for a loader of 64 KB. */
export const SLOT_A_ADDRESS = 0x330000;
export const SLOT_B_ADDRESS = 0x354000;

export type SlotName = "a" | "b";

/** The name of the file a slot is in the interpreter's Storage. */
export function slotFile(slot: SlotName): string {
  return slot === "a" ? "slot-a" : "slot-b";
}

export function otherSlot(slot: SlotName): SlotName {
  return slot === "a" ? "b" : "a";
}
