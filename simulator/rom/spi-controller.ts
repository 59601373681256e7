// Owns the controller between chip and flash as far as tools drive it by hand: a command of their own choice, sent to the flash and answered into
// its buffer. Reading and writing whole ranges is the loaders' (spi-flash.ts).
import { FLASH_BYTES, type Flash } from "../board/flash.ts";

const BASE = 0x3ff42000;
const BYTES = 0x100;
const CMD = BASE;
const ADDRESS = BASE + 0x04;
const USER1 = BASE + 0x20;
const USER2 = BASE + 0x24;
const MISO_LENGTH = BASE + 0x2c;
const W0 = BASE + 0x80;
const BUFFER_WORDS = 16;
const RUN_USER_COMMAND = 1 << 18;

/** Manufacturer Winbond, type, and the power of two of its size: 4 MB. */
const FLASH_ID = 0x0040ef | (Math.log2(FLASH_BYTES) << 16);
/** "SFDP", revision 1.5, one table. */
const SFDP = [0x53, 0x46, 0x44, 0x50, 0x05, 0x01, 0x00, 0xff, 0x00, 0x05, 0x01, 0x10, 0x80, 0x00, 0x00, 0xff];
/** Quad enable, as modules leave the factory. */
const STATUS2_DEFAULT = 0x02;
const WRITE_ENABLED = 0x02;

export interface SpiController {
  owns(address: number): boolean;
  read(address: number): number;
  write(address: number, value: number): void;
}

export function createSpiController(flash: Flash): SpiController {
  const registers = new Map<number, number>();
  const status = { low: 0, high: STATUS2_DEFAULT };

  /** What the flash puts on its wire for the command that stands in the registers. */
  function answer(command: number): ArrayLike<number> {
    const address = (registers.get(ADDRESS) ?? 0) >>> (31 - ((registers.get(USER1) ?? 0) >>> 26));
    const buffer = registers.get(W0) ?? 0;
    switch (command) {
      case 0x9f:
        return bytesOf(FLASH_ID);
      case 0x5a:
        return SFDP.slice(address);
      case 0x03:
        return address < FLASH_BYTES ? flash.view(address, Math.min(64, FLASH_BYTES - address)) : [];
      case 0x05:
        return [status.low];
      case 0x35:
        return [status.high];
      case 0x06:
        status.low |= WRITE_ENABLED;
        return [];
      case 0x04:
        status.low &= ~WRITE_ENABLED;
        return [];
      case 0x01:
        // Only the bits that protect blocks are kept: they are told, and nothing more.
        if (status.low & WRITE_ENABLED) Object.assign(status, { low: buffer & 0xfc, high: (buffer >> 8) & 0xff });
        return [];
      default:
        return [];
    }
  }

  function run(): void {
    const bits = (registers.get(MISO_LENGTH) ?? 0) + 1;
    const bytes = answer((registers.get(USER2) ?? 0) & 0xff);
    if (bytes.length === 0) return;
    for (let word = 0; word < Math.min(BUFFER_WORDS, Math.ceil(bits / 32)); word++) {
      const value = [0, 1, 2, 3].reduce((sum, i) => sum | ((bytes[word * 4 + i] ?? 0) << (i * 8)), 0);
      const left = bits - word * 32;
      registers.set(W0 + word * 4, (left >= 32 ? value : value & ((1 << left) - 1)) >>> 0);
    }
  }

  return {
    owns: (address) => address >= BASE && address < BASE + BYTES,
    read: (address) => registers.get(address) ?? 0,
    write(address, value) {
      // The bit falls by itself when the command has run, and it runs at once.
      registers.set(address, address === CMD ? value & ~RUN_USER_COMMAND : value);
      if (address === CMD && value & RUN_USER_COMMAND) run();
    },
  };
}

function bytesOf(word: number): number[] {
  return [0, 8, 16].map((shift) => (word >>> shift) & 0xff);
}
