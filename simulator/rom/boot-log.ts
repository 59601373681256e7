// Owns the words of the ROM: why it starts, how its straps stood, and what it says of the loader on flash. Tools and people read them, so they are
// those of the ROM of July 2019 to the letter.
import type { ImageFacts } from "./image.ts";

/** As the register numbers them. */
export type ResetCause = 0x1 | 0x3 | 0x5 | 0x7 | 0xc | 0xf | 0x10;

const CAUSES: Readonly<Record<ResetCause, string>> = {
  1: "POWERON_RESET",
  3: "SW_RESET",
  5: "DEEPSLEEP_RESET",
  7: "TG0WDT_SYS_RESET",
  12: "SW_CPU_RESET",
  15: "RTCWDT_BROWN_OUT_RESET",
  16: "RTCWDT_RTC_RESET",
};
export const STRAPS_FLASH = 0x13;
export const STRAPS_DOWNLOAD = 0x03;
const BOOT_MODES: Readonly<Record<number, string>> = {
  [STRAPS_FLASH]: "SPI_FAST_FLASH_BOOT",
  [STRAPS_DOWNLOAD]: "DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2)",
};
const MODES = ["QIO", "QOUT", "DIO", "DOUT"];
const CLOCK_DIVIDERS: Readonly<Record<number, number>> = { 0: 2, 1: 3, 2: 4, 15: 1 };

export function describeReset(cause: ResetCause, straps: number): string[] {
  const mode = `${hex(straps)} (${BOOT_MODES[straps] ?? "?"})`;
  const lines = ["ets Jul 29 2019 12:21:46", "", `rst:${hex(cause)} (${CAUSES[cause]}),boot:${mode}`];
  return straps === STRAPS_DOWNLOAD ? [...lines, "waiting for download"] : lines;
}

/** It tries again and again until its watchdog bites. */
export function describeInvalidHeader(firstWord: number): string[] {
  return Array.from({ length: 8 }, () => `invalid header: 0x${firstWord.toString(16).padStart(8, "0")}`);
}

/** @param count how many segments it got to */
export function describeLoading(image: ImageFacts, count: number): string[] {
  return [
    "configsip: 0, SPIWP:0xee",
    "clk_drv:0x00,q_drv:0x00,d_drv:0x00,cs0_drv:0x00,hd_drv:0x00,wp_drv:0x00",
    `mode:${MODES[image.mode] ?? "DIO"}, clock div:${CLOCK_DIVIDERS[image.clock] ?? 2}`,
    ...image.segments.slice(0, count).map(({ address, length }) => `load:${word(address)},len:${length}`),
  ];
}

export function describeChecksumError(calculated: number, stored: number): string[] {
  return [`csum err:${hex(calculated)}!=${hex(stored)}`, "ets_main.c 384 "];
}

export function describeReadError(): string[] {
  return ["flash read err, 1000", "ets_main.c 371 "];
}

export function describeEntry(entry: number): string {
  return `entry ${word(entry)}`;
}

export function word(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}

export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
