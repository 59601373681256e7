// Owns the chip's memory as a flashing tool sees it: which chip this is, its eFuses with the address of the radio, its clock, its straps, and RAM
// where code is put. It leaves the controller of the flash, which is more than memory, to spi-controller.ts.
import type { SpiController } from "./spi-controller.ts";

export interface Registers {
  read(address: number): number;
  /** Bits that `mask` does not name stay. */
  write(address: number, value: number, mask?: number): void;
  /** Something was written there since the chip began. */
  holds(address: number): boolean;
}

export interface RegistersOptions {
  /** Lower-case with colons. */
  mac: string;
  spi: SpiController;
  /** As the boot log tells them: 0x13 or 0x03. */
  straps: number;
  /** The UART's speed now, in bits per second. */
  baud(): number;
}

const EFUSES = 0x3ff5a000;
const UART_CLKDIV = 0x3ff40014;
const XTAL_HZ = 40_000_000;
/** The ROM knows its crystal only by counting it against a slow clock, which is why its speeds are a little off. */
const SLOW_CLOCK_CYCLES = 770;
const CK8M_FREQUENCY = 133;

/** What the ROM takes its crystal for, in Hz; the speed a tool asks for is scaled by it. */
export const MEASURED_XTAL_HZ = (SLOW_CLOCK_CYCLES * 15625 * CK8M_FREQUENCY) / 40;
export const REAL_XTAL_HZ = XTAL_HZ;

export function createRegisters(options: RegistersOptions): Registers {
  const memory = new Map<number, number>();
  const fixed = listFixed(options.mac, options.straps);

  function read(address: number): number {
    if (options.spi.owns(address)) return options.spi.read(address);
    // The divider has four more bits for the fraction.
    if (address === UART_CLKDIV) return Math.floor(XTAL_HZ / options.baud());
    return fixed.get(address) ?? memory.get(address) ?? 0;
  }

  return {
    read: (address) => read(address - (address % 4)) >>> 0,
    write(address, value, mask = 0xffffffff) {
      const word = address - (address % 4);
      const next = ((value & mask) | (read(word) & ~mask)) >>> 0;
      if (options.spi.owns(word)) options.spi.write(word, next);
      else memory.set(word, next);
    },
    holds: (address) => memory.has(address - (address % 4)),
  };
}

/** An ESP32-D0WD-V3, revision 3.1: two cores, 240 MHz, no flash in the package, 3.3 V. */
function listFixed(mac: string, straps: number): Map<number, number> {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = parseMac(mac);
  const words = [
    0,
    (c << 24) | (d << 16) | (e << 8) | f,
    (macChecksum([a, b, c, d, e, f]) << 16) | (a << 8) | b,
    (1 << 15) | (1 << 13) | (1 << 9),
    CK8M_FREQUENCY | (9 << 8),
    (1 << 24) | (1 << 20),
    0,
  ];
  return new Map([
    ...words.map((word, i): [number, number] => [EFUSES + 4 * i, word >>> 0]),
    // Chip magic.
    [0x40001000, 0x00f01d83],
    // Third bit of the revision.
    [0x3ff6607c, 0x96042000],
    // Date of the UART's design; written to for the sake of a delay alone.
    [0x3ff40078, 0x15122500],
    [0x60000078, 0x15122500],
    // Cycles counted, and that counting is over.
    [0x3ff5f06c, (SLOW_CLOCK_CYCLES << 7) >>> 0],
    [0x3ff5f068, 1 << 15],
    [0x3ff44038, straps],
    // The flash's voltage is left to the strap.
    [0x3ff48074, 0],
  ]);
}

export function parseMac(mac: string): number[] {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac)) throw new TypeError(`"${mac}" is no address of a radio`);
  return mac.split(":").map((part) => Number.parseInt(part, 16));
}

/** CRC-8 with the polynomial of the one-wire bus, as the eFuses carry it beside the address. */
function macChecksum(bytes: number[]): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x8c : crc >> 1;
  }
  return crc;
}
