// Owns the shape of everything the firmware touches: interfaces only. firmware/board/ implements them on the ESP32, tests and the
// simulator in memory. Callbacks are never called from within the call that registers them.
import type { Bytes, Identity } from "#protocol";
import type { SlotName } from "./slots/slot-layout.ts";

/** Milliseconds since the boot, monotonic; there is no wall clock. */
export interface Clock {
  now(): number;
  /** Call `fn` once after `ms`. The handle is never 0. */
  setTimer(ms: number, fn: () => void): number;
  clearTimer(handle: number): void;
}

/** The trap's hands and senses. Levels are meanings, not volts. */
export interface Pins {
  isPlungerSet(): boolean;
  isButtonDown(): boolean;
  /** Every edge of either input, bounces included, in order. It may be told late, since connecting blocks: `agoMs` says how late. */
  watch(onPlunger: (set: boolean, agoMs: number) => void, onButton: (down: boolean, agoMs: number) => void): void;
  setLed(on: boolean): void;
  /** Frequency in Hz; 0 is silence. */
  setBuzzer(hz: number): void;
  batteryMv(): number;
}

export interface Radio {
  /** There is a network without joining one: a board on a cable, an interpreter on a host. */
  wired: boolean;
  /** Join; `done` is called exactly once, with an error text or with an empty one. */
  join(ssid: string, password: string, done: (error: string) => void): void;
  leave(): void;
  onLost(fn: () => void): void;
  /** How deep to sleep between the beacons of the network. */
  savePower(mode: "min" | "max"): void;
  /** In dBm, 0 if unknown. */
  rssi(): number;
}

export interface Socket {
  write(data: Bytes): void;
  /** Close at once; `closed` of the handlers is not called after that. */
  close(): void;
}

export interface SocketHandlers {
  opened(): void;
  received(data: Bytes): void;
  /** Called exactly once, also when the connection never opened. */
  closed(error: string): void;
}

export interface HttpRequest {
  host: string;
  port: number;
  method: "GET" | "POST";
  path: string;
  body: Bytes;
  /** Longest answer body taken, in bytes; a longer one is an error. */
  bytesMax: number;
  timeoutMs: number;
}

/** `status` 0 and an error text if there was no whole answer. */
export interface HttpAnswer {
  status: number;
  body: Bytes;
  error: string;
}

export interface PortalHandlers {
  /** The network stands, with the names of others in reach, strongest first, if there was memory to look for them; or an error text. */
  opened(error: string, names: Bytes[]): void;
  /** To a datagram on port 53; empty for none. */
  answerName(query: Bytes): Bytes;
  /**
   * To what has come on a connection to port 80: written piece by piece, since a page in one is too much memory. True if that was all and
   * the connection ends, false if more must come. Connections are numbered.
   */
  answerPhone(connection: number, data: Bytes, write: (text: Bytes) => void): boolean;
  /** Nothing more comes on this one. */
  left(connection: number): void;
}

export interface PortalDoor {
  /** End every connection and the network. No handler is called after that. */
  close(): void;
}

/** A network of the trap's own, with this name and WPA2 password, and somebody who answers on it; `opened` is called exactly once. */
export type OpenPortal = (ssid: string, password: string, handlers: PortalHandlers) => PortalDoor;

export interface Network {
  connect(host: string, port: number, handlers: SocketHandlers): Socket;
  request(request: HttpRequest, done: (answer: HttpAnswer) => void): void;
}

/** Raw pages for the record store: programming only clears bits, `address` and lengths are multiples of 4. */
export interface Flash {
  pageBytes: number;
  pageCount: number;
  read(address: number, length: number): Bytes;
  write(address: number, data: Bytes): void;
  erasePage(page: number): void;
}

/** The two places a firmware can stand in: signed files, each from the first byte of its slot on. The one that runs is never written. */
export interface Slots {
  running: SlotName;
  /** Of the firmware that runs, in hexadecimal; as the loader has it. */
  sha256: string;
  /** The public key in the loader, 32 bytes; empty if there is none, then nothing new is believed. */
  key: Bytes;
  /** Bytes of a slot; on the chip a string that lies in flash, and is another once that is written. */
  read(slot: SlotName, offset: number, length: number): Bytes;
  /** Of the slot that does not run; pages as slot-layout.ts counts them. */
  erasePage(page: number): void;
  /** To the slot that does not run, into erased bytes; `offset` and length are multiples of 4. */
  write(offset: number, data: Bytes): void;
  /** The trial is confirmed: the loader does not wait for it any more. */
  settle(): void;
}

export interface Chip {
  /** One of the RESET_ codes. */
  resetReason(): number;
  reboot(): void;
  /** 32 bits nobody can foresee. */
  random(): number;
  /** Interpreter variables. */
  memory(): { free: number; total: number };
  /** What the interpreter has got into since this was last asked: it ran out of memory, or took a failing handler away. */
  troubles(): { outOfMemory: boolean; lostHandler: boolean };
  sha256(data: Bytes): Bytes;
  /** Tell the watchdog that the program lives. */
  kick(): void;
  hardware: string;
}

export interface Console {
  print(line: string): void;
  onCommand(fn: (line: string) => void): void;
}

export interface Ports {
  clock: Clock;
  pins: Pins;
  radio: Radio;
  network: Network;
  openPortal: OpenPortal;
  flash: Flash;
  slots: Slots;
  chip: Chip;
  console: Console;
  /** As the flashing host wrote it; null if there is none or it cannot be read. */
  identity: Identity | null;
  version: string;
}
