// Owns the raw data partition of the ESP32: page 0 holds the identity, the pages after it are the record store's.
import { type Bytes, decodeIdentity, IDENTITY_FLASH_ADDRESS, type Identity } from "#protocol";
import type { Flash } from "../ports.ts";
import { toBytes } from "./bytes.ts";

const PAGE_BYTES = 4096;
const STORE_PAGES = 15;
const STORE_ADDRESS = IDENTITY_FLASH_ADDRESS + PAGE_BYTES;
const IDENTITY_BYTES_MAX = 512;

export function createFlash(): Flash {
  const flash = require("Flash");
  return {
    pageBytes: PAGE_BYTES,
    pageCount: STORE_PAGES,
    read: function (address, length): Bytes {
      return toBytes(flash.read(length, STORE_ADDRESS + address));
    },
    write: function (address, data) {
      flash.write(data, STORE_ADDRESS + address);
    },
    erasePage: function (page) {
      flash.erasePage(STORE_ADDRESS + page * PAGE_BYTES);
    },
  };
}

/** What the flashing host wrote; null if it wrote nothing, or nothing that can be read. */
export function readIdentity(): Identity | null {
  const page = toBytes(require("Flash").read(IDENTITY_BYTES_MAX, IDENTITY_FLASH_ADDRESS));
  let end = 0;
  while (end < page.length && page.charCodeAt(end) > 0 && page.charCodeAt(end) < 127) end++;
  const decoded = decodeIdentity(page.substring(0, end));
  return decoded.ok ? decoded.value : null;
}
