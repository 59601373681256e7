// Runs on the interpreter, not on Node: opens the record store that the host has written into the flash, tells what it holds, changes it,
// and tells what that took: time in turns of an empty loop, and variables.
import type { Flash } from "../../../firmware/ports.ts";
import {
  findRecord,
  listKeys,
  openRecordStore,
  putRecord,
  type RecordStore,
} from "../../../firmware/store/record-store.ts";

declare function print(line: string): void;
declare function getTime(): number;
declare function setTimeout(fn: () => void, ms: number): number;
declare const E: { toString(data: ArrayBuffer | Uint8Array): string };
declare const process: { memory(collect: boolean): { usage: number } };
interface Crypto {
  SHA256(data: string): ArrayBuffer;
}
interface RawFlash {
  read(length: number, address: number): Uint8Array;
  write(data: string, address: number): void;
  erasePage(address: number): void;
}
declare function require(name: "crypto"): Crypto;
declare function require(name: "Flash"): RawFlash;

const TURNS = 20_000;
const PAGE_BYTES = 4096;
/** Behind the identity. */
const STORE_ADDRESS = 0x311000;
const chip: Crypto = require("crypto");
const raw: RawFlash = require("Flash");
let peak = 0;

/** As firmware/board/flash.ts has it. */
const flash: Flash = {
  pageBytes: PAGE_BYTES,
  pageCount: 15,
  read: (address, length) => E.toString(raw.read(length, STORE_ADDRESS + address)),
  write: (address, data) => raw.write(data, STORE_ADDRESS + address),
  erasePage: (page) => raw.erasePage(STORE_ADDRESS + page * PAGE_BYTES),
};

function sha256(data: string): string {
  peak = Math.max(peak, process.memory(false).usage);
  const digest = chip.SHA256(data);
  return E.toString(digest);
}

function measureTurn(): number {
  const from = getTime();
  for (let i = 0; i < TURNS; i++);
  return (getTime() - from) / TURNS;
}

function tell(name: string, from: number, turn: number): void {
  print(name + " " + Math.floor((getTime() - from) / turn));
}

function run(): void {
  const turn = measureTurn();
  const base = process.memory(true).usage;
  let from = getTime();
  let store: RecordStore | null = openRecordStore(flash, sha256);
  tell("OPEN", from, turn);
  print("REST " + (process.memory(true).usage - base));
  print("PEAK " + (peak - base));
  print("QUEUED " + store.tags);
  from = getTime();
  const isPut = putRecord(store, "boot", "17 360000");
  tell("RENEW " + isPut, from, turn);
  from = getTime();
  const isQueued = putRecord(store, "e999", "s 0000000100000000 1 123456 1 0", "e1");
  tell("APPEND " + isQueued, from, turn);
  print("PEAK " + (peak - base));
  for (const key of listKeys(store, "")) print("KEY " + key + "=" + findRecord(store, key));
  store = null;
  print("DONE");
}

setTimeout(run, 0);
