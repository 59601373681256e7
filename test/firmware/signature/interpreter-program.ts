// Runs on the interpreter, not on Node: verifies the statements that stand in Storage, a slice at a time from a timer as a trap would, and
// hashes the firmware there. It tells verdicts, time in turns of an empty loop, and the variables in use when most of them are.
import { addLeaf, closeHashTree, createHashTree, HASH_LEAF_BYTES, type HashTree } from "#protocol";
import { createVerification, stepVerification, type Verification } from "../../../firmware/signature/slh-dsa.ts";

declare function print(line: string): void;
declare function getTime(): number;
declare function setTimeout(fn: () => void, ms: number): number;
declare const E: { toString(data: ArrayBuffer): string };
declare const process: { memory(collect: boolean): { usage: number } };
interface Storage {
  /** On a board a string that lies in flash. */
  read(name: string): string | undefined;
}
interface Crypto {
  SHA256(data: string): ArrayBuffer;
}
declare function require(name: "Storage"): Storage;
declare function require(name: "crypto"): Crypto;

const TURNS = 20_000;
const ROUNDS = 3;
const STEPS_OF_SLICE = 4;

const storage: Storage = require("Storage");
const chip: Crypto = require("crypto");
let peak = 0;
let base = 0;
let watched = false;

function watch(): void {
  const used = process.memory(false).usage;
  if (used > peak) peak = used;
}

function sha256(data: string): string {
  if (watched) watch();
  // A call within the arguments of a call takes more stack.
  const digest = chip.SHA256(data);
  const bytes = E.toString(digest);
  if (watched) watch();
  return bytes;
}

function read(name: string): string {
  const data = storage.read(name);
  return data === undefined ? "" : data;
}

function begin(index: number): Verification {
  const [key, message, signature] = [read("k" + index), read("m" + index), read("s" + index)];
  return createVerification(sha256, key ?? "", message ?? "", signature ?? "");
}

/** Verify from timers, then go on. */
function verify(v: Verification, done: () => void): void {
  for (let i = 0; i < STEPS_OF_SLICE; i++) {
    const more = stepVerification(v);
    if (!more) {
      setTimeout(done, 0);
      return;
    }
  }
  setTimeout(() => verify(v, done), 0);
}

function verifyAll(index: number, count: number): void {
  if (index === count) {
    setTimeout(hashFirmware, 0);
    return;
  }
  const v = begin(index);
  verify(v, () => {
    print("VERDICT " + index + " " + (v.verified === true));
    verifyAll(index + 1, count);
  });
}

function addFirmware(tree: HashTree): void {
  const firmware = read("firmware");
  for (let at = 0; at < firmware.length; at += HASH_LEAF_BYTES) {
    const leaf = firmware.substring(at, at + HASH_LEAF_BYTES);
    addLeaf(tree, sha256, leaf);
  }
}

function hashFirmware(): void {
  const tree = createHashTree();
  addFirmware(tree);
  const root = closeHashTree(tree, sha256);
  let hex = "";
  for (let i = 0; i < root.length; i++) hex += (root.charCodeAt(i) + 256).toString(16).substring(1);
  print("ROOT " + hex);
  setTimeout(measureTime, 0);
}

/** Seconds of the quickest of some rounds: what it costs when nothing else runs. */
function quickest(work: () => void): number {
  let best = 1000;
  for (let i = 0; i < ROUNDS; i++) {
    const from = getTime();
    work();
    best = Math.min(best, getTime() - from);
  }
  return best;
}

function verifyAtOnce(): void {
  const v = begin(0);
  let more = true;
  while (more) more = stepVerification(v);
}

function measureTime(): void {
  const turn =
    quickest(() => {
      for (let i = 0; i < TURNS; i++);
    }) / TURNS;
  const tell = (name: string, seconds: number) => print("TURNS " + name + " " + Math.floor(seconds / turn));
  tell("signature", quickest(verifyAtOnce));
  tell(
    "firmware",
    quickest(() => addFirmware(createHashTree())),
  );
  setTimeout(measureSignature, 0);
}

function tellVariables(name: string): void {
  print("VARIABLES " + name + " " + (peak - base));
  peak = 0;
}

function measureSignature(): void {
  watched = true;
  base = process.memory(true).usage;
  verify(begin(0), () => {
    tellVariables("signature");
    setTimeout(measureFirmware, 0);
  });
}

function measureFirmware(): void {
  base = process.memory(true).usage;
  addFirmware(createHashTree());
  tellVariables("firmware");
  print("DONE");
}

setTimeout(() => verifyAll(0, +read("count")), 0);
