// Owns what is signed of a firmware: the manifest, a record that has one spelling only, and the hash tree over the firmware's bytes that
// it names. The signature itself is SLH-DSA-SHA2-128s (FIPS 205): verified by firmware/signature, made by firmware/release.
import { CODE_MALFORMED } from "./codes.ts";
import { FIRMWARE_BYTES_MAX } from "./limits.ts";
import {
  type Bytes,
  closeRecord,
  type Decoded,
  endRecord,
  integerField,
  openRecord,
  readHex,
  readInteger,
  readText,
  startRecord,
  textField,
} from "./record.ts";

export type Sha256 = (data: Bytes) => Bytes;

/** What all firmware of ours is for; a manifest of another product is none for a trap. */
export const PRODUCT = "trapline-trap";
/** What the firmware runs on: a manifest for other hardware is none for a trap, whatever its model is called. */
export const TRAP_HARDWARE = "esp32";
/** The context of the signature (FIPS 205, section 10): a manifest's is good for nothing else. */
export const MANIFEST_CONTEXT = "trapline/1/manifest";
/** Of SLH-DSA-SHA2-128s. */
export const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 7856;
export const MANIFEST_NOTES_CHARS_MAX = 256;
export const MANIFEST_COUNTER_MAX = 2147483647;
/** What each leaf of the hash tree covers; of the last one, what is left. Frozen with the contract, however downloads are cut. */
export const HASH_LEAF_BYTES = 512;

export interface Manifest {
  product: string;
  /** What it runs on, as the trap calls its own. */
  hardware: string;
  version: string;
  /** Grows from one firmware to the next; a trap takes none with a lower one than it has run. */
  counter: number;
  /** Of the firmware, in bytes. */
  size: number;
  /** Of the hash tree, in hexadecimal. */
  root: string;
  /** For people; may be empty. */
  notes: string;
}

export function encodeManifest(m: Manifest): string {
  return endRecord(
    startRecord() +
      textField("product", m.product) +
      textField("hardware", m.hardware) +
      textField("version", m.version) +
      integerField("counter", m.counter) +
      integerField("size", m.size) +
      textField("root", m.root) +
      textField("notes", m.notes),
  );
}

/** Read a manifest. Unlike other records it is read only as encodeManifest writes it: what is signed has one form. */
export function decodeManifest(text: unknown): Decoded<Manifest> {
  const r = openRecord(text);
  const read = closeRecord(r, {
    product: readText(r, "product", 1, 32),
    hardware: readText(r, "hardware", 1, 32),
    version: readText(r, "version", 1, 32),
    counter: readInteger(r, "counter", 1, MANIFEST_COUNTER_MAX),
    size: readInteger(r, "size", 1, FIRMWARE_BYTES_MAX),
    root: readHex(r, "root", 64),
    notes: readText(r, "notes", 0, MANIFEST_NOTES_CHARS_MAX),
  });
  if (!read.ok || encodeManifest(read.value) === text) return read;
  return { ok: false, code: CODE_MALFORMED, field: "" };
}

/**
 * A hash tree that grows leaf by leaf, in the memory of one node for each of its levels: SHA-256 of the chip is told everything at once,
 * so that a hash over all leaves would need all of them. Leaves, inner nodes and the root are hashed with different first bytes.
 */
export interface HashTree {
  /** Bytes so far. */
  size: number;
  leaves: number;
  /** Roots of the full subtrees so far, the largest first. */
  nodes: Bytes[];
}

export function createHashTree(): HashTree {
  return { size: 0, leaves: 0, nodes: [] };
}

/**
 * Add what comes next: HASH_LEAF_BYTES, or at the end less than that, but not nothing.
 * @returns false, and nothing is added, if it is of another length or comes behind a shorter one.
 */
export function addLeaf(tree: HashTree, sha256: Sha256, data: Bytes): boolean {
  const length = data.length;
  if (length < 1 || length > HASH_LEAF_BYTES || tree.size !== tree.leaves * HASH_LEAF_BYTES) return false;
  let node = sha256("\x00" + data);
  // As in counting: each full pair becomes one node of the level above.
  for (let carry = tree.leaves; (carry & 1) === 1; carry = carry >> 1) node = joinNodes(sha256, tree.nodes.pop(), node);
  tree.nodes.push(node);
  tree.size += length;
  tree.leaves++;
  return true;
}

function joinNodes(sha256: Sha256, left: Bytes | undefined, right: Bytes): Bytes {
  return sha256("\x01" + (left ?? "") + right);
}

/** The root over all that was added, 32 bytes; it covers the size too. It ends the tree. */
export function closeHashTree(tree: HashTree, sha256: Sha256): Bytes {
  let node = tree.nodes.pop() ?? "";
  while (tree.nodes.length > 0) node = joinNodes(sha256, tree.nodes.pop(), node);
  const size = tree.size;
  const length = String.fromCharCode((size >> 24) & 255, (size >> 16) & 255, (size >> 8) & 255, size & 255);
  return sha256("\x02" + length + node);
}
