// Owns the table of partitions at 0x8000: its entries, its hash, and how one is written. It leaves to second-loader.ts which partition is booted.
import { FLASH_BYTES, type Flash } from "../board/flash.ts";
import { viewOf } from "./packets.ts";
import { hashMd5 } from "./spi-flash.ts";

export const PARTITION_TABLE_ADDRESS = 0x8000;
export const PARTITION_TABLE_BYTES = 0xc00;
export const TYPE_APP = 0;
export const TYPE_DATA = 1;
export const SUBTYPE_FACTORY = 0;
export const SUBTYPE_OTA_0 = 0x10;
export const SUBTYPE_OTA_MAX = 0x1f;
export const SUBTYPE_TEST = 0x20;
export const SUBTYPE_OTADATA = 0;
const ENTRY_BYTES = 32;
const LABEL_BYTES = 16;
const ENTRY_MAGIC = 0x50aa;
const HASH_MAGIC = 0xebeb;
const END_MAGIC = 0xffff;

export interface Partition {
  label: string;
  type: number;
  subtype: number;
  address: number;
  length: number;
}

/** `wrong` is what the second loader says about it, without its own prefix. */
export type PartitionTable = { partitions: Partition[] } | { wrong: string };

export function readPartitionTable(flash: Flash): PartitionTable {
  const table = flash.view(PARTITION_TABLE_ADDRESS, PARTITION_TABLE_BYTES);
  const partitions: Partition[] = [];
  let isHashSeen = false;
  for (let at = 0; at < table.length; at += ENTRY_BYTES) {
    const entry = table.subarray(at, at + ENTRY_BYTES);
    const magic = viewOf(entry).getUint16(0, true);
    if (magic === END_MAGIC) return { partitions };
    if (magic === HASH_MAGIC) {
      if (isHashSeen) return { wrong: "Only one MD5 checksum is allowed" };
      isHashSeen = true;
      const hash = Buffer.from(hashMd5(table.subarray(0, at)));
      if (!hash.equals(entry.subarray(LABEL_BYTES))) return { wrong: "Incorrect MD5 checksum" };
    } else if (magic === ENTRY_MAGIC) {
      const partition = decodeEntry(entry);
      if (partition.address + partition.length > FLASH_BYTES)
        return { wrong: describeOverlong(partition, partitions.length) };
      partitions.push(partition);
    } else return { wrong: `partition ${partitions.length} invalid magic number 0x${magic.toString(16)}` };
  }
  return { wrong: "partition table has no terminating entry, not valid" };
}

function describeOverlong({ address, length }: Partition, index: number): string {
  const [from, size, chip] = [address, length, FLASH_BYTES].map((value) => `0x${value.toString(16)}`);
  return `partition ${index} invalid - offset ${from} size ${size} exceeds flash chip size ${chip}`;
}

function decodeEntry(entry: Uint8Array): Partition {
  const view = viewOf(entry);
  const label = entry.subarray(12, 12 + LABEL_BYTES);
  const end = label.indexOf(0);
  return {
    type: entry[2]!,
    subtype: entry[3]!,
    address: view.getUint32(4, true),
    length: view.getUint32(8, true),
    label: new TextDecoder("latin1").decode(label.subarray(0, end < 0 ? LABEL_BYTES : end)),
  };
}

/** The whole table with its hash, erased behind it. Labels have at most 16 ASCII characters. */
export function encodePartitionTable(partitions: readonly Partition[]): Uint8Array {
  const table = new Uint8Array(PARTITION_TABLE_BYTES).fill(0xff);
  partitions.forEach((partition, i) => {
    const entry = table.subarray(i * ENTRY_BYTES, (i + 1) * ENTRY_BYTES).fill(0);
    const view = viewOf(entry);
    view.setUint16(0, ENTRY_MAGIC, true);
    entry[2] = partition.type;
    entry[3] = partition.subtype;
    view.setUint32(4, partition.address, true);
    view.setUint32(8, partition.length, true);
    entry.set(new TextEncoder().encode(partition.label).subarray(0, LABEL_BYTES), 12);
  });
  const used = partitions.length * ENTRY_BYTES;
  viewOf(table).setUint16(used, HASH_MAGIC, true);
  table.set(hashMd5(table.subarray(0, used)), used + LABEL_BYTES);
  return table;
}
