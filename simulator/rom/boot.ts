// Owns what the ROM makes of the flash when it shall boot from it: whether the second loader at 0x1000 can be loaded at all. Like the silicon it
// checks header, segments and checksum; the hash that the image may carry is checked by nobody at this stage.
import type { Flash } from "../board/flash.ts";
import {
  describeChecksumError,
  describeEntry,
  describeInvalidHeader,
  describeLoading,
  describeReadError,
} from "./boot-log.ts";
import { IMAGE_MAGIC, type ImageFacts, readImage, type Segment } from "./image.ts";

export const SECOND_LOADER_ADDRESS = 0x1000;
/** What can be loaded to: data RAM, code RAM, and both memories of the clock. */
const RAM: readonly (readonly [from: number, to: number])[] = [
  [0x3ff80000, 0x3ff82000],
  [0x3ffae000, 0x40000000],
  [0x40070000, 0x400c2000],
  [0x50000000, 0x50002000],
];

export interface RomVerdict {
  lines: string[];
  /** Otherwise the watchdog bites. */
  isLoaded: boolean;
}

export function loadSecondLoader(flash: Flash): RomVerdict {
  const image = readImage(flash, SECOND_LOADER_ADDRESS);
  if (image.magic !== IMAGE_MAGIC) return refuse(describeInvalidHeader(image.firstWord));
  if (image.segmentCount === 0) return refuse(describeReadError());
  const bad = image.segments.findIndex((segment) => !isInRam(segment));
  // Loading where no memory is, it falls over in the middle of a line's work, with nothing said.
  if (bad >= 0) return refuse(describeLoading(image, bad + 1));
  const loading = describeLoading(image, image.segments.length);
  if (image.checksum === undefined) return refuse([...loading, ...describeReadError()]);
  const { calculated, stored } = image.checksum;
  if (calculated !== stored) return refuse([...loading, ...describeChecksumError(calculated, stored)]);
  if (!isCode(image)) return refuse([...loading, describeEntry(image.entry)]);
  return { lines: [...loading, describeEntry(image.entry)], isLoaded: true };
}

function refuse(lines: string[]): RomVerdict {
  return { lines, isLoaded: false };
}

export function isInRam({ address, length }: Segment): boolean {
  return RAM.some(([from, to]) => address >= from && address + length <= to);
}

/** Whether it begins in something it brought along. */
function isCode(image: ImageFacts): boolean {
  return image.segments.some(({ address, length }) => image.entry >= address && image.entry < address + length);
}
