// Owns the second loader, whose bytes are on flash and whose work is done here: it reads the table of partitions, chooses the program as the
// update's data say, checks it as a whole and goes on to the next where it is not good. What it prints is what people know, shortened.
import { crc32 } from "node:zlib";
import { FLASH_PAGE_BYTES, type Flash } from "../board/flash.ts";
import { isInRam } from "./boot.ts";
import { hex, word } from "./boot-log.ts";
import {
  CHIP_ID,
  IMAGE_MAGIC,
  type ImageFacts,
  readDescription,
  readImage,
  SEGMENTS_MAX,
  type Segment,
} from "./image.ts";
import { viewOf } from "./packets.ts";
import {
  type Partition,
  readPartitionTable,
  SUBTYPE_FACTORY,
  SUBTYPE_OTA_0,
  SUBTYPE_OTA_MAX,
  SUBTYPE_OTADATA,
  TYPE_APP,
  TYPE_DATA,
} from "./partition-table.ts";

/** Undefined program: it resets the chip by software and all begins anew. */
export interface SecondLoaderVerdict {
  lines: string[];
  program: ImageFacts | undefined;
}

const OTADATA_BYTES = 2 * FLASH_PAGE_BYTES;
const STATE_INVALID = 3;
const STATE_ABORTED = 4;
/** Code and constants that stay on flash and are seen through the cache, in pages of this size. */
const MAPPED_PAGE_BYTES = 0x10000;
const MAPPED: readonly (readonly [from: number, to: number])[] = [
  [0x3f400000, 0x3f800000],
  [0x400d0000, 0x40400000],
];

type Log = (level: "I" | "E", tag: string, text: string) => void;

export function runSecondLoader(flash: Flash): SecondLoaderVerdict {
  const lines: string[] = [];
  let ms = 29;
  const log: Log = (level, tag, text) => {
    lines.push(`${level} (${ms}) ${tag}: ${text}`);
    ms += 4;
  };
  log("I", "boot", "ESP-IDF 2nd stage bootloader");
  const program = findProgram(flash, log);
  if (program !== undefined) log("I", "boot", "Disabling RNG early entropy source...");
  return { lines, program };
}

function findProgram(flash: Flash, log: Log): ImageFacts | undefined {
  const table = readPartitionTable(flash);
  if ("wrong" in table) {
    log("E", "flash_parts", table.wrong);
    log("E", "boot", "Failed to verify partition table");
    log("E", "boot", "load partition table error!");
    return undefined;
  }
  logTable(table.partitions, log);
  for (const partition of listInOrder(flash, table.partitions)) {
    const program = checkProgram(flash, partition, log);
    if (program !== undefined) {
      log("I", "boot", `Loaded app from partition at offset ${hex(partition.address)}`);
      return program;
    }
    log("E", "boot", `${describePlace(partition)} is not bootable`);
  }
  log("E", "boot", "No bootable app partitions in the partition table");
  return undefined;
}

function logTable(partitions: Partition[], log: Log): void {
  log("I", "boot", "Partition Table:");
  log("I", "boot", "## Label            Usage          Type ST Offset   Length");
  const two = (value: number) => value.toString(16).padStart(2, "0");
  const eight = (value: number) => value.toString(16).padStart(8, "0");
  partitions.forEach(({ label, type, subtype, address, length }, i) => {
    const name = `${String(i).padStart(2)} ${label.padEnd(16)} ${nameUsage(type, subtype).padEnd(16)}`;
    log("I", "boot", `${name} ${two(type)} ${two(subtype)} ${eight(address)} ${eight(length)}`);
  });
  log("I", "boot", "End of partition table");
}

function nameUsage(type: number, subtype: number): string {
  if (type === TYPE_APP) return subtype === SUBTYPE_FACTORY ? "factory app" : "OTA app";
  if (type !== TYPE_DATA) return "Unknown data";
  return ["OTA data", "RF data", "WiFi data"][subtype] ?? "Unknown data";
}

function describePlace({ subtype }: Partition): string {
  return subtype === SUBTYPE_FACTORY ? "Factory app partition" : `OTA app partition slot ${subtype - SUBTYPE_OTA_0}`;
}

/** The one that shall run first, then what else there is: the slots before it, the factory's, the slots behind it. */
function listInOrder(flash: Flash, partitions: Partition[]): Partition[] {
  const apps = partitions.filter(({ type }) => type === TYPE_APP);
  const factory = apps.filter(({ subtype }) => subtype === SUBTYPE_FACTORY);
  const slots = apps.filter(({ subtype }) => subtype >= SUBTYPE_OTA_0 && subtype <= SUBTYPE_OTA_MAX);
  const chosen = findChosenSlot(flash, partitions, slots.length) ?? (factory.length === 0 ? 0 : -1);
  return [...slots.slice(0, chosen + 1).reverse(), ...factory, ...slots.slice(chosen + 1)];
}

/** Undefined where no update was ever installed, or none that holds. */
function findChosenSlot(flash: Flash, partitions: Partition[], count: number): number | undefined {
  const data = partitions.find(({ type, subtype }) => type === TYPE_DATA && subtype === SUBTYPE_OTADATA);
  if (data === undefined || data.length < OTADATA_BYTES || count === 0) return undefined;
  const sequences = [0, FLASH_PAGE_BYTES].flatMap((offset) => {
    const bytes = flash.view(data.address + offset, 32);
    const view = viewOf(bytes);
    const [sequence, state, stored] = [view.getUint32(0, true), view.getUint32(24, true), view.getUint32(28, true)];
    const isWhole = crc32(bytes.subarray(0, 4), 0xffffffff) === stored;
    const isGood = isWhole && sequence !== 0xffffffff && sequence > 0;
    return isGood && state !== STATE_INVALID && state !== STATE_ABORTED ? [sequence] : [];
  });
  return sequences.length === 0 ? undefined : (Math.max(...sequences) - 1) % count;
}

function checkProgram(flash: Flash, partition: Partition, log: Log): ImageFacts | undefined {
  const { address, length } = partition;
  const image = readImage(flash, address, address + length);
  const wrong = findFault(image, address);
  if (wrong !== undefined) {
    log("E", "esp_image", wrong);
    return undefined;
  }
  image.segments.forEach((segment, i) => {
    const size = `size=${hex(segment.length)} (${String(segment.length).padStart(6)})`;
    const what = isMapped(segment) ? "map" : "load";
    log("I", "esp_image", `segment ${i}: paddr=${word(segment.dataAt)} vaddr=${word(segment.address)} ${size} ${what}`);
  });
  const description = readDescription(flash, image);
  if (description) log("I", "boot", `App ${description.projectName} ${description.version}`);
  return image;
}

function findFault(image: ImageFacts, address: number): string | undefined {
  if (image.magic !== IMAGE_MAGIC) return `image at ${hex(address)} has invalid magic byte`;
  if (image.chipId !== CHIP_ID) return `mismatch chip ID, expected ${CHIP_ID}, found ${image.chipId}`;
  if (image.segmentCount === 0 || image.segmentCount > SEGMENTS_MAX) {
    return `image at ${hex(address)} segment count ${image.segmentCount} exceeds max ${SEGMENTS_MAX}`;
  }
  const bad = image.segments.findIndex((segment) => !isLoadable(segment));
  const segment = image.segments[bad];
  if (segment !== undefined) {
    return `Segment ${bad} load address ${word(segment.address)}, doesn't match data ${word(segment.dataAt)}`;
  }
  if (image.checksum === undefined) return `image at ${hex(address)} is longer than its partition`;
  const { calculated, stored } = image.checksum;
  if (calculated !== stored) return `Checksum failed. Calculated ${hex(calculated)} read ${hex(stored)}`;
  return image.isHashRight === false ? "Image hash failed - image is corrupt" : undefined;
}

/** What is mapped must lie in its page of flash as it is seen through the cache; the rest must be memory. An address of 0 is padding. */
function isLoadable(segment: Segment): boolean {
  if (segment.address === 0) return true;
  if (!isMapped(segment)) return isInRam(segment);
  return segment.address % MAPPED_PAGE_BYTES === segment.dataAt % MAPPED_PAGE_BYTES;
}

function isMapped({ address }: Segment): boolean {
  return MAPPED.some(([from, to]) => address >= from && address < to);
}
