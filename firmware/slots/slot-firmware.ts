// Owns the judgement of what stands in a slot: a signed firmware from the slot's first byte on, wholly there, for this trap, not older than
// what it has run, undamaged, signed [SIGN-4]. Loader and application judge by this same code; what follows is theirs.
import {
  addLeaf,
  type Bytes,
  CODE_OK,
  CODE_UPDATE_FOREIGN,
  CODE_UPDATE_OUTDATED,
  CODE_UPDATE_UNSIGNED,
  CODE_UPDATE_WRONG_HASH,
  CODE_UPDATE_WRONG_SIZE,
  closeHashTree,
  createHashTree,
  decodeManifest,
  HASH_LEAF_BYTES,
  MANIFEST_CONTEXT,
  PRODUCT,
  RECORD_BYTES_MAX,
  type Sha256,
  SIGNATURE_BYTES,
  TRAP_HARDWARE,
} from "#protocol";
import { createVerification, pureMessage, type Verification } from "../signature/slh-dsa.ts";
import { SLOT_BYTES, type SlotName } from "./slot-layout.ts";

export interface SlotReader {
  /** Bytes of a slot; on the chip a string that lies in flash. */
  read(slot: SlotName, offset: number, length: number): Bytes;
  sha256: Sha256;
  /** Called between the pieces of the work, which takes seconds: for the watchdog, and for whoever is short of memory. */
  kick(): void;
}

/** What stands in a slot, as far as it has been looked at. */
export interface SlotFirmware {
  slot: SlotName;
  /** CODE_OK, or why it is not to be run. */
  code: number;
  counter: number;
  /** Where the firmware begins in the slot, and its size; both 0 if nothing that could be read stands there. */
  at: number;
  size: number;
  /** As it was signed. */
  manifest: string;
  root: Bytes;
}

/** Read the manifest and compare it with what this trap is. @param counterMin a lower one is refused */
export function readSlot(reader: SlotReader, slot: SlotName, counterMin: number): SlotFirmware {
  const found: SlotFirmware = {
    slot: slot,
    code: CODE_UPDATE_WRONG_SIZE,
    counter: 0,
    at: 0,
    size: 0,
    manifest: "",
    root: "",
  };
  const head = reader.read(slot, 0, RECORD_BYTES_MAX + 1);
  const end = head.indexOf("\n");
  const read = decodeManifest(end < 0 ? "" : head.substring(0, end));
  if (!read.ok) return found;
  const m = read.value;
  const at = end + 1 + SIGNATURE_BYTES;
  if (at + m.size > SLOT_BYTES) return found;
  found.counter = m.counter;
  found.at = at;
  found.size = m.size;
  found.manifest = head.substring(0, end);
  found.root = m.root;
  if (m.product !== PRODUCT || m.hardware !== TRAP_HARDWARE) found.code = CODE_UPDATE_FOREIGN;
  else if (m.counter < counterMin) found.code = CODE_UPDATE_OUTDATED;
  else found.code = CODE_OK;
  return found;
}

/** Compare the bytes of what was read with the hash tree that its manifest names; its code tells. */
export function checkTree(reader: SlotReader, found: SlotFirmware): void {
  if (found.code !== CODE_OK) return;
  const firmware = reader.read(found.slot, found.at, found.size);
  const tree = createHashTree();
  for (let at = 0; at < firmware.length; at += HASH_LEAF_BYTES) {
    reader.kick();
    const leaf = firmware.substring(at, at + HASH_LEAF_BYTES);
    addLeaf(tree, reader.sha256, leaf);
  }
  const root = closeHashTree(tree, reader.sha256);
  if (toHex(root) !== found.root) found.code = CODE_UPDATE_WRONG_HASH;
}

/**
 * Begin to verify that the key has signed what was read. Whoever asks takes the steps himself, since they need the stack; until it is known
 * better, the code says that it is unsigned. Of what was refused already nothing is begun.
 * @param key 32 bytes; with any other nothing is believed
 */
export function beginSignature(reader: SlotReader, found: SlotFirmware, key: Bytes): Verification {
  const isGood = found.code === CODE_OK;
  const signature = isGood ? reader.read(found.slot, found.at - SIGNATURE_BYTES, SIGNATURE_BYTES) : "";
  if (isGood) found.code = CODE_UPDATE_UNSIGNED;
  return createVerification(reader.sha256, key, pureMessage(MANIFEST_CONTEXT, found.manifest), signature);
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Bytes): string {
  const digits = "0123456789abcdef";
  let out = "";
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes.charCodeAt(i);
    out += digits.charAt(byte >> 4) + digits.charAt(byte & 15);
  }
  return out;
}
