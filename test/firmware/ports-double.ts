// Owns the firmware's ports in memory, for the tests of the firmware alone: a clock that is advanced, a flash that can lose power in the
// middle of an operation, a network that somebody answers. The board as a whole is the simulator's.
import { createHash } from "node:crypto";
import type { Bytes, Identity } from "#protocol";
import { createDevice, type Device } from "../../firmware/device.ts";
import type {
  Chip,
  Clock,
  Flash,
  HttpAnswer,
  HttpRequest,
  Network,
  Pins,
  PortalHandlers,
  Ports,
  Radio,
  Slots,
  SocketHandlers,
} from "../../firmware/ports.ts";
import { SLOT_BYTES, SLOT_PAGE_BYTES, type SlotName } from "../../firmware/slots/slot-layout.ts";
import { readSignedFile, SIGNED_KEY, type SignedFile } from "./slots/signed-files.ts";

export const KEY = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
export const IDENTITY: Identity = {
  serial: "TL-TEST-0001",
  mac: "02:00:00:00:00:01",
  key: KEY,
  hardware: "esp32-devkit",
  kind: "snap",
  host: "cloud.test",
  port: 3000,
};

export function sha256(data: Bytes): Bytes {
  return createHash("sha256").update(Buffer.from(data, "latin1")).digest().toString("latin1");
}

export function sha256Hex(data: Bytes): string {
  return Buffer.from(sha256(data), "latin1").toString("hex");
}

export interface TestClock extends Clock {
  /** Let this time pass, timers in their order. */
  advance(ms: number): void;
  timerCount(): number;
}

export function createTestClock(): TestClock {
  let now = 0;
  let handle = 0;
  const timers = new Map<number, { at: number; fn: () => void }>();
  const findNext = (until: number) =>
    [...timers].filter(([, t]) => t.at <= until).sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0];
  return {
    now: () => now,
    setTimer(ms, fn) {
      handle += 1;
      timers.set(handle, { at: now + Math.max(0, ms), fn });
      return handle;
    },
    clearTimer: (which) => void timers.delete(which),
    advance(ms) {
      const until = now + ms;
      for (let next = findNext(until); next; next = findNext(until)) {
        timers.delete(next[0]);
        now = Math.max(now, next[1].at);
        next[1].fn();
      }
      now = until;
    },
    timerCount: () => timers.size,
  };
}

/** Thrown by the flash when the power goes; the test lets it end the boot. */
export class PowerCut extends Error {}

export interface TestFlash extends Flash {
  bytes: Buffer;
  /** Writes and erasures so far. */
  operations: number;
  /**
   * The operation at which the power goes, from 1; 0 never. `torn` is the part of it that is done, 0 to 1, of a write from its
   * beginning; negative, from its end: chips promise no order.
   */
  cutAt: number;
  torn: number;
  /** Bits of bytes at these addresses do not change any more. */
  stuck: Set<number>;
}

export function createTestFlash(pageCount = 15, pageBytes = 4096, image?: Buffer): TestFlash {
  const bytes = image ? Buffer.from(image) : Buffer.alloc(pageCount * pageBytes, 0xff);
  const begin = (): number | undefined => {
    flash.operations += 1;
    return flash.operations === flash.cutAt ? flash.torn : undefined;
  };
  const flash: TestFlash = {
    bytes,
    operations: 0,
    cutAt: 0,
    torn: 0,
    stuck: new Set(),
    pageBytes,
    pageCount,
    read(address, length) {
      if (address < 0 || address + length > bytes.length) throw new Error(`read outside: ${address} ${length}`);
      return bytes.toString("latin1", address, address + length);
    },
    write(address, data) {
      if (address % 4 || data.length % 4) throw new Error(`write not aligned: ${address} ${data.length}`);
      if (address < 0 || address + data.length > bytes.length) throw new Error("write outside");
      const torn = begin();
      const count = Math.floor(data.length * Math.abs(torn ?? 1));
      const from = (torn ?? 1) < 0 ? data.length - count : 0;
      for (let i = from; i < from + count; i++) {
        if (!flash.stuck.has(address + i)) bytes[address + i] = (bytes[address + i] ?? 0) & data.charCodeAt(i);
      }
      if (torn !== undefined) throw new PowerCut();
    },
    erasePage(page) {
      const torn = begin();
      const count = Math.floor(pageBytes * Math.abs(torn ?? 1));
      // From the end: so that what is left of a page begins with its header, the worst case.
      const end = (page + 1) * pageBytes;
      bytes.fill(0xff, end - count, end);
      if (torn !== undefined) throw new PowerCut();
    },
  };
  return flash;
}

export interface TestSocket {
  host: string;
  port: number;
  handlers: SocketHandlers;
  /** Everything the trap has written. */
  written: Bytes;
  closedByTrap: boolean;
}

export interface TestPortal {
  ssid: string;
  password: string;
  handlers: PortalHandlers;
  isClosed: boolean;
}

export interface TestBench {
  ports: Ports;
  clock: TestClock;
  flash: TestFlash;
  lines: string[];
  sockets: TestSocket[];
  /** Called when the trap opens a socket or writes on one; the socket is open a moment after it was asked for. */
  onSocket: (socket: TestSocket) => void;
  onWrite: (socket: TestSocket, data: Bytes) => void;
  /** Answers HTTP; null leaves the request to time out. */
  onRequest: (request: HttpRequest) => HttpAnswer | null;
  requests: HttpRequest[];
  /** Opened so far; the last is open unless it was closed. */
  portals: TestPortal[];
  isReachable: boolean;
  wifi: { isUp: boolean; joins: number; powerSave: string; lose(): void };
  pins: { led: boolean; hz: number; batteryMv: number; ledChanges: number };
  slots: TestSlots;
  reboots: number;
  resetReason: number;
  /** Of the interpreter; the two faults are told once. */
  troubles: { free: number; outOfMemory: boolean; lostHandler: boolean };
  kicks: number;
  chance: number;
  setPlunger(set: boolean): void;
  setButton(down: boolean): void;
  type(line: string): void;
  /** A line of the console that begins so, after the time; the last one. */
  findLine(begin: string): string | undefined;
  boot(): Device;
}

export interface BenchOptions {
  flash?: TestFlash;
  /** Unless told, the slots of a trap that was flashed with the file of counter 7. */
  slots?: TestSlots;
  identity?: Identity | null;
  wired?: boolean;
  plungerSet?: boolean;
  buttonDown?: boolean;
}

/** What the hands on the board change, and the firmware's ears for it. */
interface Hands {
  plungerSet: boolean;
  buttonDown: boolean;
  onPlunger(set: boolean, agoMs: number): void;
  onButton(down: boolean, agoMs: number): void;
  onCommand(line: string): void;
  onLost(): void;
}

export function createTestBench(options: BenchOptions = {}): TestBench {
  const slots = options.slots ?? createTestSlots(readSignedFile(7));
  const clock = createTestClock();
  const flash = options.flash ?? createTestFlash();
  const identity = options.identity === undefined ? IDENTITY : options.identity;
  const hands: Hands = {
    ...{ plungerSet: options.plungerSet ?? false, buttonDown: options.buttonDown ?? false },
    ...{ onPlunger: ignore, onButton: ignore, onCommand: ignore, onLost: ignore },
  };
  // The ports look up what the bench says when they are used, not when they are made.
  const getBench = (): TestBench => bench;
  const ports: Ports = {
    ...{ clock, flash, identity, version: "1.0.0" },
    pins: createPins(hands, getBench),
    radio: createRadio(hands, getBench, options.wired ?? false),
    network: createNetwork(getBench),
    openPortal(ssid, password, handlers) {
      const portal = { ssid, password, handlers, isClosed: false };
      bench.portals.push(portal);
      clock.setTimer(10, () => handlers.opened("", ["attic", "neighbour"]));
      return { close: () => void Object.assign(portal, { isClosed: true }) };
    },
    slots: createSlots(slots),
    chip: createChip(getBench),
    console: {
      print: (line) => void bench.lines.push(line),
      onCommand: (fn) => void Object.assign(hands, { onCommand: fn }),
    },
  };
  const bench: TestBench = {
    ...{
      ports,
      clock,
      flash,
      lines: [],
      sockets: [],
      requests: [],
      portals: [],
      isReachable: true,
      reboots: 0,
      resetReason: 1,
      troubles: { free: 1000, outOfMemory: false, lostHandler: false },
      kicks: 0,
      chance: 7,
    },
    onSocket: ignore,
    onWrite: ignore,
    onRequest: () => ({ status: 0, body: "", error: "nobody answers" }),
    wifi: { isUp: true, joins: 0, powerSave: "min", lose: () => hands.onLost() },
    pins: { led: false, hz: 0, batteryMv: 4000, ledChanges: 0 },
    slots,
    setPlunger(set) {
      hands.plungerSet = set;
      hands.onPlunger(set, 0);
    },
    setButton(down) {
      hands.buttonDown = down;
      hands.onButton(down, 0);
    },
    type: (line) => hands.onCommand(line),
    findLine: (begin) => bench.lines.filter((line) => line.replace(/^TL \d+ /, "").startsWith(begin)).at(-1),
    boot() {
      const device = createDevice(ports);
      device.start();
      return device;
    },
  };
  return bench;
}

function ignore(): void {
  // nobody listens yet
}

function createPins(hands: Hands, getBench: () => TestBench): Pins {
  return {
    isPlungerSet: () => hands.plungerSet,
    isButtonDown: () => hands.buttonDown,
    watch(onPlunger, onButton) {
      Object.assign(hands, { onPlunger, onButton });
    },
    setLed(on) {
      getBench().pins.led = on;
      getBench().pins.ledChanges += 1;
    },
    setBuzzer(hz) {
      getBench().pins.hz = hz;
    },
    batteryMv: () => getBench().pins.batteryMv,
  };
}

function createRadio(hands: Hands, getBench: () => TestBench, wired: boolean): Radio {
  return {
    wired,
    join(_ssid, _password, done) {
      const { clock, wifi } = getBench();
      wifi.joins += 1;
      clock.setTimer(100, () => done(wifi.isUp ? "" : "NO_AP_FOUND"));
    },
    leave: ignore,
    onLost(fn) {
      hands.onLost = fn;
    },
    savePower(mode) {
      getBench().wifi.powerSave = mode;
    },
    rssi: () => -57,
  };
}

function createNetwork(getBench: () => TestBench): Network {
  return {
    connect(host, port, handlers) {
      const bench = getBench();
      const socket: TestSocket = { host, port, handlers, written: "", closedByTrap: false };
      bench.sockets.push(socket);
      bench.clock.setTimer(1, () => {
        if (socket.closedByTrap) return;
        if (!bench.isReachable) return handlers.closed("unreachable");
        bench.onSocket(socket);
        handlers.opened();
      });
      return {
        write(data) {
          socket.written += data;
          bench.onWrite(socket, data);
        },
        close() {
          socket.closedByTrap = true;
        },
      };
    },
    request(request, done) {
      const bench = getBench();
      bench.requests.push(request);
      bench.clock.setTimer(1, () => {
        const answer = bench.isReachable ? bench.onRequest(request) : { status: 0, body: "", error: "unreachable" };
        if (answer) done(answer);
        else bench.clock.setTimer(request.timeoutMs, () => done({ status: 0, body: "", error: "timeout" }));
      });
    },
  };
}

/** The slots of one trap, as they outlive its boots. */
export interface TestSlots {
  running: SlotName;
  sha256: string;
  key: Bytes;
  bytes: { a: Buffer; b: Buffer };
  /** Pages erased and bytes written of the slot that does not run, in order. */
  writes: string[];
  /** The trial was confirmed in this boot. */
  settled: boolean;
}

/** Slot a holds the file and runs, slot b is erased. */
export function createTestSlots({ file, sha256: hash }: SignedFile): TestSlots {
  const bytes = { a: Buffer.alloc(SLOT_BYTES, 0xff), b: Buffer.alloc(SLOT_BYTES, 0xff) };
  bytes.a.write(file, "latin1");
  return { running: "a", sha256: hash, key: SIGNED_KEY, bytes, writes: [], settled: false };
}

function createSlots(slots: TestSlots): Slots {
  const other = slots.bytes[slots.running === "a" ? "b" : "a"];
  return {
    ...{ running: slots.running, sha256: slots.sha256, key: slots.key },
    read: (slot, offset, length) => slots.bytes[slot].toString("latin1", offset, offset + length),
    erasePage(page) {
      slots.writes.push(`erase ${page}`);
      if (page < 0 || (page + 1) * SLOT_PAGE_BYTES > SLOT_BYTES) throw new Error(`no page ${page}`);
      other.fill(0xff, page * SLOT_PAGE_BYTES, (page + 1) * SLOT_PAGE_BYTES);
    },
    write(offset, data) {
      slots.writes.push(`write ${offset} ${data.length}`);
      if (offset % 4 || data.length % 4 || offset + data.length > SLOT_BYTES) throw new Error(`write ${offset}`);
      for (let i = 0; i < data.length; i++) other[offset + i] = (other[offset + i] ?? 0) & data.charCodeAt(i);
    },
    settle() {
      slots.settled = true;
    },
  };
}

function createChip(getBench: () => TestBench): Chip {
  return {
    resetReason: () => getBench().resetReason,
    reboot() {
      getBench().reboots += 1;
    },
    random() {
      const bench = getBench();
      bench.chance = (bench.chance * 1103515245 + 12345) & 0x7fffffff;
      return bench.chance >> 3;
    },
    memory: () => ({ free: getBench().troubles.free, total: 2500 }),
    troubles() {
      const { outOfMemory, lostHandler } = getBench().troubles;
      Object.assign(getBench().troubles, { outOfMemory: false, lostHandler: false });
      return { outOfMemory, lostHandler };
    },
    sha256,
    kick() {
      getBench().kicks += 1;
    },
    hardware: "esp32-devkit",
  };
}
