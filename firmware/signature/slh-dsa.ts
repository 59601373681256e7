// Owns the verification of SLH-DSA-SHA2-128s signatures (FIPS 205) with SHA-256 alone, in steps of at most 25 hashes, so that whoever
// verifies can feed the watchdog in between. What is signed is #protocol's; which key is believed, and what follows, the caller's.
// Signing is the host's (firmware/release).
//
// A signature is read once from front to back: 16 bytes that were drawn for it, 14 trees of few-time keys (FORS), then 7 layers, in each
// 35 chains that sign the result of what came before, and a path from them to the layer's root. The last root is the key's, or not.
import { type Bytes, PUBLIC_KEY_BYTES, type Sha256, SIGNATURE_BYTES } from "#protocol";

const NODE_BYTES = 16;
/** What fills the key's seed up to a block of SHA-256. */
const BLOCK_REST_BYTES = 48;
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

const STEPS = FORS_TREES + LAYERS * CHAINS;
/** No step follows: it is over, it could not begin, or a step was broken off, as by memory running out. */
const ENDED = -1;

export interface Verification {
  /** True if and only if the signature is the key's, and not before all steps are done. Compare with `=== true`. */
  verified: boolean;
  step: number;
  sha256: Sha256;
  signature: Bytes;
  /** What has been read of it. */
  at: number;
  block: Bytes;
  root: Bytes;
  /** What every hash of this layer begins with: block, layer and tree. */
  head: Bytes;
  /** The tree within the layer, a number of 54 bits in 8 bytes: too long for shifts, and for exact arithmetic there. */
  tree: Bytes;
  leaf: number;
  /** What is being signed: the message's digest by FORS, the node below by a layer. */
  signed: Bytes;
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
    step: ENDED,
    sha256: sha256,
    signature: signature,
    at: NODE_BYTES,
    block: "",
    root: "",
    head: "",
    tree: "",
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
  v.block = seed + "\x00".repeat(BLOCK_REST_BYTES);
  v.root = key.substring(NODE_BYTES);
  v.tree = String.fromCharCode(0, digest.charCodeAt(TREE_AT) & 63) + digest.substring(TREE_AT + 1, LEAF_AT);
  v.leaf = ((digest.charCodeAt(LEAF_AT) & 1) << 8) | digest.charCodeAt(LEAF_AT + 1);
  v.signed = digest;
  enterLayer(v, 0);
  v.step = 0;
  return v;
}

/** Do the next piece. @returns whether there is another; if not, `verified` tells. */
export function stepVerification(v: Verification): boolean {
  const step = v.step;
  if (step < 0) return false;
  // A step that is broken off is not taken up again.
  v.step = ENDED;
  if (step < FORS_TREES) climbForsTree(v, step);
  else followChain(v, (step - FORS_TREES) % CHAINS, Math.floor((step - FORS_TREES) / CHAINS));
  if (step + 1 === STEPS) v.verified = v.signed === v.root;
  else v.step = step + 1;
  return v.step >= 0;
}

/** All steps at once, for those who have no watchdog. */
export function verifySignature(sha256: Sha256, key: Bytes, message: Bytes, signature: Bytes): boolean {
  const v = createVerification(sha256, key, message, signature);
  let more = true;
  while (more) more = stepVerification(v);
  return v.verified === true;
}

function enterLayer(v: Verification, layer: number): void {
  v.head = v.block + String.fromCharCode(layer) + v.tree;
}

/** The next node of the signature. */
function takeNode(v: Verification): Bytes {
  const from = v.at;
  v.at = from + NODE_BYTES;
  return v.signature.substring(from, from + NODE_BYTES);
}

/** @param a key pair, 0 in a layer's tree. @param b chain or height. @param c place in the chain, or in the tree at that height. */
function hashNode(v: Verification, type: number, a: number, b: number, c: number, data: Bytes): Bytes {
  const address = String.fromCharCode(type, 0, 0, a >> 8, a & 255, 0, 0, 0, b, 0, 0, c >> 8, c & 255);
  const digest = v.sha256(v.head + address + data);
  return digest.substring(0, NODE_BYTES);
}

/** From a leaf to the root of its tree, by the siblings that stand in the signature. */
function climb(v: Verification, type: number, pair: number, leaf: Bytes, index: number, levels: number): Bytes {
  let node = leaf;
  let at = index;
  for (let height = 1; height <= levels; height++) {
    const sibling = takeNode(v);
    const both = (at & 1) === 0 ? node + sibling : sibling + node;
    at = at >> 1;
    node = hashNode(v, type, pair, height, at, both);
  }
  return node;
}

function climbForsTree(v: Verification, tree: number): void {
  // Twelve bits of the digest choose the leaf; two trees share three bytes.
  const from = (tree * 3) >> 1;
  const first = v.signed.charCodeAt(from);
  const second = v.signed.charCodeAt(from + 1);
  const chosen = (tree & 1) === 0 ? (first << 4) | (second >> 4) : ((first & 15) << 8) | second;
  const index = (tree << FORS_LEVELS) | chosen;
  const leaf = hashNode(v, FORS_TREE, v.leaf, 0, index, takeNode(v));
  const root = climb(v, FORS_TREE, v.leaf, leaf, index, FORS_LEVELS);
  v.ends += root;
  if (tree + 1 === FORS_TREES) signNext(v, hashNode(v, FORS_ROOTS, v.leaf, 0, 0, v.ends));
}

/** What the next layer signs. */
function signNext(v: Verification, node: Bytes): void {
  v.signed = node;
  v.ends = "";
  v.sum = 0;
}

/** From the node of a chain that stands in the signature to the chain's end. The last chain of a layer leads on to the layer's root. */
function followChain(v: Verification, chain: number, layer: number): void {
  let digit = (v.sum >> (4 * (CHAINS - 1 - chain))) & 15;
  if (chain < DIGITS) {
    const two = v.signed.charCodeAt(chain >> 1);
    digit = (chain & 1) === 0 ? two >> 4 : two & 15;
    v.sum += DIGIT_MAX - digit;
  }
  let node = takeNode(v);
  for (let at = digit; at < DIGIT_MAX; at++) node = hashNode(v, CHAIN, v.leaf, chain, at, node);
  v.ends += node;
  if (chain + 1 === CHAINS) leaveLayer(v, layer);
}

function leaveLayer(v: Verification, layer: number): void {
  const leaf = hashNode(v, CHAIN_ENDS, v.leaf, 0, 0, v.ends);
  signNext(v, climb(v, LAYER_TREE, 0, leaf, v.leaf, LAYER_LEVELS));
  const tree = v.tree;
  v.leaf = ((tree.charCodeAt(6) & 1) << 8) | tree.charCodeAt(7);
  // Nine bits to the right: a byte and a bit.
  let above = "\x00\x00";
  for (let i = 2; i < 8; i++) {
    above += String.fromCharCode((tree.charCodeAt(i - 1) >> 1) | ((tree.charCodeAt(i - 2) & 1) << 7));
  }
  v.tree = above;
  enterLayer(v, layer + 1);
}
