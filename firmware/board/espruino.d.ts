// Owns the types of the interpreter's own globals and modules on the ESP32, as far as board/, boot/ and main.ts use them: read from
// the declarations in Espruino's source. Strings are bytes (characters 0 to 255) everywhere. No other part of the firmware names these.

interface Pin {
  read(): boolean;
  write(value: boolean): void;
}
declare const D0: Pin;
declare const D2: Pin;
declare const D4: Pin;
declare const D5: Pin;
declare const D12: Pin;
declare const D13: Pin;
declare const D14: Pin;
declare const D15: Pin;
declare const D18: Pin;
declare const D19: Pin;
declare const D21: Pin;
declare const D22: Pin;
declare const D23: Pin;
declare const D25: Pin;
declare const D26: Pin;
declare const D27: Pin;
declare const D32: Pin;
declare const D33: Pin;
declare const D34: Pin;
declare const D35: Pin;
declare const D36: Pin;
declare const D39: Pin;

type PinMode = "auto" | "analog" | "input" | "input_pullup" | "input_pulldown" | "output" | "opendrain" | "af_output";
interface WatchEvent {
  state: boolean;
  /** Seconds, as getTime. */
  time: number;
  lastTime: number;
  pin: Pin;
}
interface WatchOptions {
  repeat?: boolean;
  edge?: "rising" | "falling" | "both";
  /** Milliseconds. */
  debounce?: number;
}
declare function pinMode(pin: Pin, mode?: PinMode): void;
declare function digitalRead(pin: Pin): number;
declare function digitalWrite(pin: Pin, value: boolean | number): void;
/** 0 to 1. */
declare function analogRead(pin: Pin): number;
/** `value` is the duty, 0 to 1; `freq` in Hz. */
declare function analogWrite(pin: Pin, value: number, options?: { freq?: number; soft?: boolean }): void;
/** Any watch makes the pin an input with pull-up; D6 to D11 cannot be watched. */
declare function setWatch(fn: (event: WatchEvent) => void, pin: Pin, options?: WatchOptions): number;
declare function clearWatch(id?: number): void;

declare function setTimeout(fn: () => void, ms: number): number;
declare function setInterval(fn: () => void, ms: number): number;
declare function clearTimeout(id?: number): void;
declare function clearInterval(id?: number): void;
declare function changeInterval(id: number, ms: number): void;
/** Seconds since 1970 or since the start, with a fraction. It jumps when the time is set. */
declare function getTime(): number;
declare function setTime(seconds: number): void;

declare function print(...values: unknown[]): void;
declare function echo(on: boolean): void;
/** Forget everything and boot again, or run the named Storage file instead of the boot code. */
declare function load(file?: string): void;
declare function reset(clearFlash?: boolean): void;
declare function peek32(address: number): number;
declare function poke32(address: number, value: number): void;
/** Allowed in boot/ alone. Of a string read from Storage the functions stay in flash. */
// biome-ignore lint/suspicious/noShadowRestrictedNames: it is the interpreter's own
declare function eval(code: string): unknown;

declare const E: {
  /** The bytes of a string, array or array buffer as one flat string; undefined where memory is too scattered. */
  toString(...values: unknown[]): string | undefined;
  toUint8Array(...values: unknown[]): Uint8Array;
  /** Puts what is free in order. */
  defrag(): void;
  getErrorFlags(): string[];
  on(name: "errorFlag", fn: (flags: string[]) => void): void;
  on(name: "init" | "kill", fn: () => void): void;
  srand(seed: number): void;
  hwRand(): number;
  setConsole(device: string | null, options?: { force?: boolean }): void;
  setPassword(password: string): void;
  lockConsole(): void;
  setFlags(flags: { [name: string]: number }): void;
  /** `isAuto` false: kickWatchdog must be called in time. */
  enableWatchdog(seconds: number, isAuto?: boolean): void;
  kickWatchdog(): void;
  reboot(): void;
  CRC32(data: string | Uint8Array): number;
  getSizeOf(value: unknown): number;
};

declare const ESP32: {
  reboot(): void;
  /** Microseconds, at most 2147483647 (35 minutes). */
  deepSleep(us: number): void;
  getWakeupCause(): number;
  getState(): { sdkVersion: string; freeHeap: number; minHeap: number; BLE: boolean; Wifi: boolean };
  enableBLE(on: boolean): void;
  setBLE_Debug(level: number): void;
};

interface ProcessMemory {
  /** In variables of 14 bytes. */
  free: number;
  usage: number;
  total: number;
}
declare const process: {
  readonly version: string;
  readonly env: { readonly [name: string]: string | number | undefined };
  memory(collect?: boolean): ProcessMemory;
  on(name: "uncaughtException", fn: (fault: unknown) => void): void;
};

/** Put on globalThis by board/, so that the host can call it from the console: TL("wifi ssid=..."). */
declare var TL: ((line: string) => void) | undefined;
/** Put on globalThis by boot/: the slot whose code is running, "a" or "b". */
declare var TL_SLOT: string | undefined;
/** The public key, 32 bytes, and the SHA-256 of the firmware that runs, in hexadecimal. */
declare var TL_KEY: string | undefined;
declare var TL_SHA256: string | undefined;
/** Timers that start the trap anew: until the firmware got through its start, and until its trial is confirmed. */
declare var TL_STUMBLE: number | undefined;
declare var TL_TRIAL: number | undefined;

/** There only where Bluetooth is compiled in. */
declare const NRF: { setServices(services: object, options: { uart: boolean }): void; sleep(): void } | undefined;

interface EspruinoStorage {
  read(name: string, offset?: number, length?: number): string | undefined;
  /** False or a thrown error when there is no room; on a new name `size` reserves the file's whole length. */
  write(name: string, data: string | Uint8Array, offset?: number, size?: number): boolean;
  erase(name: string): void;
  list(): string[];
  getFree(): number;
  compact(): void;
  eraseAll(): void;
}
interface EspruinoFlash {
  read(length: number, address: number): Uint8Array;
  /** Clears bits only; address and length are multiples of 4. */
  write(data: string | Uint8Array, address: number): void;
  erasePage(address: number): void;
  getPage(address: number): { addr: number; length: number } | undefined;
}
interface EspruinoWifi {
  connect(ssid: string, options: { password?: string }, done: (error: string | null | undefined) => void): void;
  disconnect(done?: () => void): void;
  startAP(
    ssid: string,
    options: { password: string; authMode: "wpa2" },
    done: (error: string | null | undefined) => void,
  ): void;
  stopAP(): void;
  /** Strongest first is not promised. */
  scan(done: (found: { ssid: string; rssi: number }[] | undefined) => void): void;
  /** `rssi` in dBm, while connected. */
  getStatus(): { station: string; mode: string; rssi?: number };
  getDetails(done?: (details: { status: string; rssi: number | string; ssid: string }) => void): {
    status: string;
    rssi: number | string;
    ssid: string;
  };
  getIP(): { ip: string; netmask: string; gw: string; mac: string };
  setHostname(name: string): void;
  setConfig(options: { powersave?: "none" | "ps-poll" | "min" | "max" }): void;
  on(name: "connected", fn: (details: { ip: string }) => void): void;
  on(name: "disconnected", fn: (details: { ssid: string; reason: string }) => void): void;
}
interface EspruinoSocket {
  write(data: string): boolean;
  end(data?: string): void;
  on(name: "data", fn: (data: string) => void): void;
  on(name: "close", fn: (hadError: boolean) => void): void;
  on(name: "error", fn: (fault: { code: number; message: string }) => void): void;
  on(name: "drain" | "connect" | "end", fn: () => void): void;
}
interface EspruinoServer {
  listen(port: number): void;
  close(): void;
}
interface EspruinoDatagrams {
  bind(port: number, bound: (socket: EspruinoDatagrams) => void): void;
  send(message: string, port: number, address: string): void;
  close(): void;
  on(name: "message", fn: (message: string, from: { address: string; port: number; size: number }) => void): void;
}
interface EspruinoNet {
  createServer(accepted: (socket: EspruinoSocket) => void): EspruinoServer;
  /** Blocks while the name is looked up and the connection made; a failure is thrown at once. */
  connect(options: { host: string; port: number }, connected: () => void): EspruinoSocket;
}
interface EspruinoHttpResponse {
  readonly statusCode: string;
  readonly headers: { readonly [name: string]: string };
  on(name: "data", fn: (data: string) => void): void;
  on(name: "close", fn: () => void): void;
  on(name: "error", fn: (fault: { code: number; message: string }) => void): void;
}
interface EspruinoHttpRequest {
  write(data: string): boolean;
  end(data?: string): void;
  on(name: "error", fn: (fault: { code: number; message: string }) => void): void;
  on(name: "drain" | "close", fn: () => void): void;
}
interface EspruinoHttp {
  request(
    options: {
      host: string;
      port: number;
      path: string;
      method: string;
      headers?: { [name: string]: string | number };
    },
    answered: (response: EspruinoHttpResponse) => void,
  ): EspruinoHttpRequest;
}
interface EspruinoCrypto {
  /** Undefined for an undefined message, and where no memory is left in one piece. */
  SHA256(message: string | Uint8Array): ArrayBuffer | undefined;
}
declare function require(name: "Storage"): EspruinoStorage;
declare function require(name: "Flash"): EspruinoFlash;
declare function require(name: "Wifi"): EspruinoWifi;
declare function require(name: "net"): EspruinoNet;
declare function require(name: "http"): EspruinoHttp;
declare function require(name: "dgram"): { createSocket(type: "udp4"): EspruinoDatagrams };
declare function require(name: "crypto"): EspruinoCrypto;
declare function require(name: "TelnetServer"): { setOptions(options: { mode: "on" | "off" | "sta" | "ap" }): void };
