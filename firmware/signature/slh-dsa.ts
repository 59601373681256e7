// Owns the verification of SLH-DSA-SHA2-128s signatures (FIPS 205) with SHA-256 alone, in steps of at most 15 hashes, so that whoever
// verifies can feed the watchdog in between. What is signed is #protocol's; which key is believed, and what follows, the caller's.
// Signing is the host's (firmware/release).
//
// A signature is read once from front to back, in stages that end in a node of 16 bytes, which the next stage signs: first 14 trees of
// few-time keys (FORS) that sign the message's digest, then 7 layers, each of 35 chains of hashes and a path from their ends to the
// layer's root. The last node is the key's root, or not. Few functions and few levels of calls: both are what the trap lacks first.
import { type Bytes, PUBLIC_KEY_BYTES, type Sha256, SIGNATURE_BYTES } from "#protocol";

const NODE_BYTES = 16;
/** The key's seed, filled up to a block of SHA-256. */
const BLOCK_BYTES = 64;
const FORS_TREES = 14;
const FORS_LEVELS = 12;
const LAYERS = 7;
const LAYER_LEVELS = 9;
const CHAINS = 35;
/** Chains that sign the digits of a node; those behind sign the sum of what the digits lack. */
const DIGITS = 32;
const DIGIT_MAX = 15;
/** Where the digest of the message names the tree and its leaf. */
const TREE_AT = 21;
const LEAF_AT = 28;

// Types of address, so that no two hashes of a signature are of the same text.
const CHAIN = 0;
const CHAIN_ENDS = 1;
const LAYER_TREE = 2;
const FORS_TREE = 3;
const FORS_ROOTS = 4;

/** No step follows: it is over, it could not begin, or a step was broken off, as by memory running out. */
const ENDED = -1;

export interface Verification {
  /** True if and only if the signature is the key's, and not before all steps are done. Compare with `=== true`. */
  verified: boolean;
  /** 0 while the few-time trees are climbed, then the layer, counted from 1. */
  stage: number;
  /** Trees or chains of the stage that are done. */
  piece: number;
  sha256: Sha256;
  signature: Bytes;
  /** What has been read of it. */
  at: number;
  root: Bytes;
  /**
   * What every hash of this stage begins with: the block, a byte for the layer, and 8 bytes for the tree within it, a number of 54 bits
   * that is too long for shifts there, and for exact arithmetic.
   */
  head: Bytes;
  leaf: number;
  /** What is being signed. */
  signed: Bytes;
  /** Address and ends of the pieces so far: what the stage's node is the hash of. */
  ends: Bytes;
  sum: number;
}

/** What is hashed for a message in its context (FIPS 205, algorithm 24, "pure"). @param context at most 255 bytes */
export function pureMessage(context: Bytes, message: Bytes): Bytes {
  return "\x00" + String.fromCharCode(context.length) + context + message;
}

/**
 * Begin to verify; nothing is believed yet. A key or signature of another length is refused without a step.
 * @param message as pureMessage makes it
 * @param signature on the trap a string that lies in flash: in memory it would take 800 variables
 */
export function createVerification(sha256: Sha256, key: Bytes, message: Bytes, signature: Bytes): Verification {
  const v: Verification = {
    verified: false,
    stage: ENDED,
    piece: 0,
    sha256: sha256,
    signature: signature,
    at: NODE_BYTES,
    root: "",
    head: "",
    leaf: 0,
    signed: "",
    ends: "",
    sum: 0,
  };
  if (key.length !== PUBLIC_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return v;
  const seed = key.substring(0, NODE_BYTES);
  const drawn = signature.substring(0, NODE_BYTES);
  const inner = sha256(drawn + key + message);
  const digest = sha256(drawn + seed + inner + "\x00\x00\x00\x00");
  v.root = key.substring(NODE_BYTES);
  v.signed = digest;
  v.leaf = ((digest.charCodeAt(LEAF_AT) & 1) << 8) | digest.charCodeAt(LEAF_AT + 1);
  const tree = String.fromCharCode(0, digest.charCodeAt(TREE_AT) & 63) + digest.substring(TREE_AT + 1, LEAF_AT);
  v.head = seed + "\x00".repeat(BLOCK_BYTES - NODE_BYTES + 1) + tree;
  enterStage(v, 0, FORS_ROOTS);
  return v;
}

/** Do the next piece [SIGN-1]. @returns whether there is another; if not, `verified` tells. */
export function stepVerification(v: Verification): boolean {
  const stage = v.stage;
  const piece = v.piece;
  if (stage < 0) return false;
  // A step that is broken off is not taken up again.
  v.stage = ENDED;
  if (piece === (stage === 0 ? FORS_TREES : CHAINS)) return leaveStage(v, stage);
  const from = v.at;
  v.at = from + NODE_BYTES;
  let node = v.signature.substring(from, from + NODE_BYTES);
  if (stage === 0) {
    // Twelve bits of the digest choose the tree's leaf; two trees share three bytes.
    const place = (piece * 3) >> 1;
    const one = v.signed.charCodeAt(place);
    const two = v.signed.charCodeAt(place + 1);
    const chosen = (piece & 1) === 0 ? (one << 4) | (two >> 4) : ((one & 15) << 8) | two;
    node = climb(v, FORS_TREE, v.leaf, node, (piece << FORS_LEVELS) | chosen, 0, FORS_LEVELS);
  } else {
    let digit = (v.sum >> (4 * (CHAINS - 1 - piece))) & 15;
    if (piece < DIGITS) {
      const two = v.signed.charCodeAt(piece >> 1);
      digit = (piece & 1) === 0 ? two >> 4 : two & 15;
      v.sum += DIGIT_MAX - digit;
    }
    const start = v.head + String.fromCharCode(CHAIN, 0, 0, v.leaf >> 8, v.leaf & 255, 0, 0, 0, piece, 0, 0, 0);
    for (; digit < DIGIT_MAX; digit++) {
      node = v.sha256(start + String.fromCharCode(digit) + node).substring(0, NODE_BYTES);
    }
  }
  v.ends += node;
  v.piece = piece + 1;
  v.stage = stage;
  return true;
}

/** All steps at once, for those who have no watchdog. */
export function verifySignature(sha256: Sha256, key: Bytes, message: Bytes, signature: Bytes): boolean {
  const v = createVerification(sha256, key, message, signature);
  let more = true;
  while (more) more = stepVerification(v);
  return v.verified === true;
}

/** @param type of the hash over what the pieces of the stage end in */
function enterStage(v: Verification, stage: number, type: number): void {
  v.ends = v.head + String.fromCharCode(type, 0, 0, v.leaf >> 8, v.leaf & 255, 0, 0, 0, 0, 0, 0, 0, 0);
  v.piece = 0;
  v.sum = 0;
  v.stage = stage;
}

/**
 * To the root of a tree, by the siblings that stand in the signature.
 * @param pair of keys within the layer; 0 in a layer's own tree
 * @param height of `below`; at 0 it is a secret of which the leaf is the hash, else the node itself at the height before
 */
function climb(
  v: Verification,
  type: number,
  pair: number,
  below: Bytes,
  index: number,
  height: number,
  levels: number,
): Bytes {
  const start = v.head + String.fromCharCode(type, 0, 0, pair >> 8, pair & 255, 0, 0, 0);
  let node = below;
  let place = index;
  for (let at = height; at <= levels; at++) {
    if (at > 0) {
      const from = v.at;
      v.at = from + NODE_BYTES;
      const sibling = v.signature.substring(from, from + NODE_BYTES);
      node = (place & 1) === 0 ? node + sibling : sibling + node;
      place = place >> 1;
    }
    node = v.sha256(start + String.fromCharCode(at, 0, 0, place >> 8, place & 255) + node).substring(0, NODE_BYTES);
  }
  return node;
}

/** From the ends of its pieces to the stage's node, and on to the next stage, or to the verdict. */
function leaveStage(v: Verification, stage: number): boolean {
  let node = v.sha256(v.ends).substring(0, NODE_BYTES);
  v.ends = "";
  if (stage > 0) {
    node = climb(v, LAYER_TREE, 0, node, v.leaf, 1, LAYER_LEVELS);
    const tree = v.head.substring(BLOCK_BYTES + 1);
    v.leaf = ((tree.charCodeAt(6) & 1) << 8) | tree.charCodeAt(7);
    // Nine bits to the right: a byte and a bit.
    let above = v.head.substring(0, BLOCK_BYTES) + String.fromCharCode(stage, 0, 0);
    for (let i = 2; i < 8; i++) {
      above += String.fromCharCode((tree.charCodeAt(i - 1) >> 1) | ((tree.charCodeAt(i - 2) & 1) << 7));
    }
    v.head = above;
  }
  if (stage === LAYERS) {
    v.verified = node === v.root;
    return false;
  }
  v.signed = node;
  enterStage(v, stage + 1, CHAIN_ENDS);
  return true;
}
