// Owns the firmwares that the traps of the proof run and are offered: a few hundred bytes each, truly signed, with signatures that are
// kept, since making one takes seconds. In the proof the firmware is a library and their text only stands for it; run by the very loader
// on a board, it says its counter.
import { readFileSync } from "node:fs";
import * as path from "node:path";
import {
  type Bytes,
  encodeManifest,
  hashFirmware,
  joinSignedFirmware,
  PRODUCT,
  splitSignedFirmware,
  TRAP_HARDWARE,
} from "#protocol";
import { SLOT_BYTES, type SlotName } from "../../firmware/slots/slot-layout.ts";
import type { Flash } from "../board/flash.ts";
import { sha256, sha256Hex } from "./sha256.ts";
import { readSlotBytes } from "./store-port.ts";

export interface SignedFirmware {
  version: string;
  /** The whole file. */
  file: Bytes;
  /** Of the firmware inside, in hexadecimal. */
  sha256: string;
}

/** Counters of the firmwares there are. */
export type Counter = 1 | 2;

interface Kept {
  /** Hexadecimal. */
  publicKey: string;
  /** Base64, by counter. */
  signatures: Record<Counter, string>;
}

/** Lies beside this file. */
export const KEPT_FILE = path.join(import.meta.dirname, "signed-firmware.json");
const FIRMWARE_BYTES = 701;

function createText(counter: Counter): Bytes {
  return `print("firmware ${counter} runs");//`.padEnd(FIRMWARE_BYTES, ` and ${counter} is its counter`);
}

/** What is signed of it. */
export function createManifestText(counter: Counter): string {
  const firmware = createText(counter);
  const root = Buffer.from(hashFirmware(sha256, firmware), "latin1").toString("hex");
  const version = `${counter}.0.0`;
  return encodeManifest({
    ...{ product: PRODUCT, hardware: TRAP_HARDWARE, version, counter, size: firmware.length, root, notes: "" },
  });
}

function readKept(): Kept {
  return JSON.parse(readFileSync(KEPT_FILE, "utf8")) as Kept;
}

/** 32 bytes. */
export function readPublicKey(): Bytes {
  return Buffer.from(readKept().publicKey, "hex").toString("latin1");
}

export function readFirmware(counter: Counter): SignedFirmware {
  const firmware = createText(counter);
  const signature = Buffer.from(readKept().signatures[counter], "base64").toString("latin1");
  const file = joinSignedFirmware(createManifestText(counter), signature, firmware);
  return { version: `${counter}.0.0`, file, sha256: sha256Hex(firmware) };
}

/** What stands in a slot, read without the firmware's help; undefined if it is no whole signed file. */
export function findFirmware(flash: Flash, slot: SlotName): { version: string; sha256: string } | undefined {
  const bytes = readSlotBytes(flash, slot, 0, SLOT_BYTES);
  const end = bytes.indexOf("\n");
  const size = /"size":(\d+)/.exec(bytes.slice(0, Math.max(0, end)))?.[1];
  if (size === undefined) return undefined;
  const signatureBytes = 7856;
  const read = splitSignedFirmware(bytes.slice(0, end + 1 + signatureBytes + Number(size)));
  if (!read.ok) return undefined;
  return { version: read.value.manifest.version, sha256: sha256Hex(read.value.firmware) };
}
