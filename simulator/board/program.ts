// Owns what the parts of one running program share, and the few conversions of values that every one of them makes. One Program is one
// boot of the interpreter; the Chip under it outlives it.
import type { Clock } from "./clock.ts";
import type { Emitters } from "./emitters.ts";
import type { EventLoop } from "./event-loop.ts";
import type { Flash } from "./flash.ts";
import type { Network } from "./network.ts";
import { PIN_COUNT, type Pins } from "./pins.ts";
import type { Radio } from "./radio.ts";
import type { InterpreterRandom } from "./random.ts";
import { type Callable, ProgramError, type Realm, type RealmObject } from "./realm.ts";
import type { Storage } from "./storage.ts";

/** The hardware, as a program finds it. */
export interface Chip {
  clock: Clock;
  flash: Flash;
  storage: Storage;
  pins: Pins;
  radio: Radio;
  network: Network;
  random: InterpreterRandom;
  /** Milliseconds since the power came, or of the time that was set. */
  systemTimeMs(): number;
  setSystemTimeMs(ms: number): void;
  /** 32 bits at a memory address; 0 where nothing is doubled. */
  peek(address: number): number;
  /** Lower-case with colons. */
  macAddress: string;
  /** Variables of the interpreter, as process.memory() tells them. */
  memory: { total: number; used: number };
  /** Espruino's names of what went wrong, until the program asks for them: MEMORY, CALLBACK, FIFO_FULL ... */
  errorFlags: string[];
  watchdog: Watchdog;
  /** The console on port 23, open unless the program closes it. */
  setTelnet(open: boolean): void;
  /** The console over Bluetooth: its service, and the radio that offers it. Both are on unless the program takes one away. */
  setBle(change: { uart?: boolean; awake?: boolean }): void;
  /** A new start of the chip; the running program is dead from this call on. */
  reboot(): void;
  /** The program is dead from this call on; the chip starts anew after `ms`, or never. */
  sleep(ms: number | undefined): void;
  /** Espruino's number: 0 unless a sleep ended, 4 when its time did. */
  wakeupCause(): number;
  /** A new start of the interpreter alone, at its next idle moment. */
  restart(request: RestartRequest): void;
  console: ProgramConsole;
}

export interface Watchdog {
  /** `isAuto`: the interpreter kicks it at every idle moment. */
  enable(timeoutMs: number, isAuto: boolean): void;
  kick(): void;
}

/** `reset`: without .bootcde. `load`: with it, or with the one file. */
export type RestartRequest = { kind: "reset" } | { kind: "load"; file?: string };

export interface ProgramConsole {
  print(text: string): void;
  /** Null takes the console away altogether. */
  setDevice(device: string | null): void;
  device(): string | null;
  setEcho(on: boolean): void;
  setPassword(password: string | undefined): void;
  lock(): void;
}

export interface Program {
  chip: Chip;
  realm: Realm;
  loop: EventLoop;
  emitters: Emitters;
  /** The function a callback stands for: itself, or code to evaluate. Undefined for anything else. */
  toCallable(value: unknown): Callable | undefined;
  /** The pin's object in the realm. */
  pinObject(pin: number): RealmObject | undefined;
  /** The number of a pin given as object, number or name. @throws ProgramError */
  toPin(value: unknown): number;
}

export function checkPin(pin: number | undefined): number {
  if (pin !== undefined && Number.isInteger(pin) && pin >= 0 && pin < PIN_COUNT) return pin;
  throw new ProgramError("Invalid pin");
}

export function isObject(value: unknown): value is RealmObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isFunction(value: unknown): value is Callable {
  return typeof value === "function";
}

/** As a callback that may be left out. @throws ProgramError */
export function toOptionalCallback(value: unknown): Callable | undefined {
  if (value === undefined || value === null) return undefined;
  if (isFunction(value)) return value;
  throw new ProgramError(`Expecting callback function but got ${typeof value}`);
}
