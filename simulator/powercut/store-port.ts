// Owns the firmware's views of the board's flash: the raw pages of the record store behind the identity, and the slots, as firmware/board/
// shows them to the trap. Nothing else of the flash can be reached through them.
import { type Bytes, IDENTITY_FLASH_ADDRESS } from "#protocol";
import type * as ports from "../../firmware/ports.ts";
import {
  SLOT_A_ADDRESS,
  SLOT_B_ADDRESS,
  SLOT_BYTES,
  SLOT_PAGE_BYTES,
  type SlotName,
} from "../../firmware/slots/slot-layout.ts";
import { FLASH_PAGE_BYTES, type Flash } from "../board/flash.ts";

const STORE_ADDRESS = IDENTITY_FLASH_ADDRESS + FLASH_PAGE_BYTES;
export const STORE_PAGES = 15;

export function createStorePort(flash: Flash, pageCount = STORE_PAGES): ports.Flash {
  return {
    pageBytes: FLASH_PAGE_BYTES,
    pageCount,
    read: (address, length) => toText(flash.view(STORE_ADDRESS + address, length)),
    write: (address, data) => flash.program(STORE_ADDRESS + address, Buffer.from(data, "latin1")),
    erasePage: (page) => flash.erasePage(STORE_ADDRESS + page * FLASH_PAGE_BYTES),
  };
}

/** Pages that lie: what is written is read back at once and reaches the flash with the next write. Broken on purpose. */
export function createHastyPort(flash: Flash, pageCount = STORE_PAGES): ports.Flash {
  const port = createStorePort(flash, pageCount);
  let waiting: { address: number; data: Bytes } | undefined;
  const settle = () => {
    if (waiting) port.write(waiting.address, waiting.data);
    waiting = undefined;
  };
  return {
    ...port,
    read(address, length) {
      const bytes = Buffer.from(port.read(address, length), "latin1");
      for (let i = 0; i < (waiting?.data.length ?? 0); i++) {
        const at = (waiting?.address ?? 0) + i - address;
        if (at >= 0 && at < length) bytes[at] = bytes[at]! & (waiting?.data.charCodeAt(i) ?? 0xff);
      }
      return bytes.toString("latin1");
    },
    write(address, data) {
      settle();
      waiting = { address, data };
    },
    erasePage(page) {
      settle();
      port.erasePage(page);
    },
  };
}

export function slotAddress(slot: SlotName): number {
  return slot === "a" ? SLOT_A_ADDRESS : SLOT_B_ADDRESS;
}

/** Clipped to the slot, as a file of Storage is. */
export function readSlotBytes(flash: Flash, slot: SlotName, offset: number, length: number): Bytes {
  const from = Math.min(offset, SLOT_BYTES);
  return toText(flash.view(slotAddress(slot) + from, Math.max(0, Math.min(length, SLOT_BYTES - from))));
}

/** What writes to the other slot. @throws RangeError for what lies outside it */
export function createSlotWriter(flash: Flash, running: SlotName): Pick<ports.Slots, "erasePage" | "write"> {
  const other = slotAddress(running === "a" ? "b" : "a");
  const check = (offset: number, length: number) => {
    if (offset < 0 || offset + length > SLOT_BYTES) throw new RangeError(`a slot has no ${length} bytes at ${offset}`);
  };
  return {
    erasePage(page) {
      check(page * SLOT_PAGE_BYTES, SLOT_PAGE_BYTES);
      flash.erasePage(other + page * SLOT_PAGE_BYTES);
    },
    write(offset, data) {
      check(offset, data.length);
      flash.program(other + offset, Buffer.from(data, "latin1"));
    },
  };
}

function toText(bytes: Uint8Array): Bytes {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
