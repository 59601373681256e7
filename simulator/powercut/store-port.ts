// Owns the record store's view of the board's flash: the raw pages behind the identity, as firmware/board/flash.ts shows them to the
// trap.
import { createHash } from "node:crypto";
import { type Bytes, IDENTITY_FLASH_ADDRESS } from "#protocol";
import type * as ports from "../../firmware/ports.ts";
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

export function toText(bytes: Uint8Array): Bytes {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

export function sha256(data: Bytes): Bytes {
  return createHash("sha256").update(data, "latin1").digest("binary");
}
