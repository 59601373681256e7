// Owns flash that has been written too often: words that stay 0 whatever is erased or programmed. Everything else is the flash's beneath.
import { FLASH_PAGE_BYTES, FLASH_WORD_BYTES, type Flash } from "./flash.ts";

export interface WearableFlash extends Flash {
  /** The word that holds `address` is 0 from now on. @throws RangeError outside the chip */
  wear(address: number): void;
}

export function createWearableFlash(flash: Flash): WearableFlash {
  const words = new Set<number>();
  const stick = (word: number) => flash.program(word, new Uint8Array(FLASH_WORD_BYTES));
  return {
    ...flash,
    erasePage(address) {
      flash.erasePage(address);
      const page = address - (address % FLASH_PAGE_BYTES);
      for (const word of words) if (word >= page && word < page + FLASH_PAGE_BYTES) stick(word);
    },
    wear(address) {
      const word = address - (address % FLASH_WORD_BYTES);
      stick(word);
      words.add(word);
    },
  };
}
