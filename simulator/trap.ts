// Owns one simulated trap as a person handles it: a board in a case, with a plunger, a button, a lamp and a buzzer, a battery, and a
// cable for typing. Switches bounce, as metal does. It leaves the chip to board/ and the page with the buttons to control.ts.
import type { Identity } from "#protocol";
import { type Board, type BoardState, createBoard, type ResetReason } from "./board/board.ts";
import type { Clock, TimerHandle } from "./board/clock.ts";
import { createFlash } from "./board/flash.ts";
import { openFlashFile } from "./board/flash-file.ts";
import type { Level } from "./board/pins.ts";
import type { RadioState, RadioTimes, World } from "./board/radio.ts";
import { createSwitch, type Switch } from "./switch.ts";
import { composeTrapImage, hasIdentity, type TrapFiles } from "./trap-image.ts";

/** What is soldered where. The plunger's switch and the button close to ground; the battery is measured through a divider of 1:2. */
export const TRAP_PINS = { button: 0, led: 2, buzzer: 4, plunger: 27, battery: 35 } as const;
/** Voltage at a pin that the converter shows as its end, in millivolts. */
const ANALOG_MV_MAX = 3300;
const BATTERY_DIVIDER = 2;
const CONSOLE_LINES_MAX = 500;

export interface SimulatedTrapOptions extends TrapFiles {
  identity: Identity;
  clock: Clock;
  world: World;
  /** Of all chance in this trap: noise of the chip, bouncing of switches. */
  seed: number;
  /** Where the flash outlives the process. What a trap of this identity left there is kept. */
  imageFile?: string;
  /** Flash anew, whatever is there. */
  reflash?: boolean;
  /** False for switches of a better world. */
  bounce?: boolean;
  batteryMv?: number;
  bootMs?: number;
  radioTimes?: Partial<RadioTimes>;
  limitCallbacks?: boolean;
  evaluateLimitMs?: number;
  memory?: { total: number; used: number };
  errorFlags?: string[];
  resolveHost?(host: string): string | undefined;
}

export interface TrapState {
  serialNumber: string;
  macAddress: string;
  board: BoardState;
  resetReason: ResetReason;
  wifi: RadioState;
  networkUp: boolean;
  plunger: "set" | "sprung";
  button: "up" | "down";
  led: boolean;
  /** 0 when silent. */
  buzzerHz: number;
  batteryMv: number;
}

export interface ConsoleEntry {
  /** 1 for the first line since the trap was made. */
  number: number;
  line: string;
}

export interface SimulatedTrap {
  readonly identity: Identity;
  readonly board: Board;
  powerOn(): void;
  cutPower(): void;
  holdButton(): void;
  releaseButton(): void;
  /** Holds for `ms` on the trap's clock, then releases. A hold that is running is taken over. */
  pressButton(ms: number): void;
  /** The plunger is released, as by a mouse. */
  spring(): void;
  /** A person sets the plunger again. */
  setPlunger(): void;
  setBatteryMv(mv: number): void;
  setNetworkUp(up: boolean): void;
  /** Types an order of the console grammar over the cable: `wifi ssid=...`. */
  typeCommand(line: string): void;
  led(): boolean;
  /** Frequency in hertz, 0 when silent. */
  buzzerHz(): number;
  /** The last lines of the console, oldest first. */
  consoleLines(): ConsoleEntry[];
  getState(): TrapState;
  /** Called when anything of the state may have changed; returns how to stop it. */
  onChange(fn: () => void): () => void;
  onConsoleLine(fn: (entry: ConsoleEntry) => void): () => void;
  stop(): void;
}

/** A trap without power, plunger set, button up. */
export function createSimulatedTrap(options: SimulatedTrapOptions): SimulatedTrap {
  return new CasedTrap(options);
}

class CasedTrap implements SimulatedTrap {
  readonly identity: Identity;
  readonly board: Board;
  readonly #options: SimulatedTrapOptions;
  readonly #plunger: Switch;
  readonly #button: Switch;
  readonly #lines: ConsoleEntry[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #lineListeners = new Set<(entry: ConsoleEntry) => void>();
  readonly #unsubscribe: (() => void)[];
  #releaseTimer: TimerHandle = 0;
  #batteryMv: number;
  #lineCount = 0;

  constructor(options: SimulatedTrapOptions) {
    const { identity, clock, world } = options;
    this.identity = identity;
    this.#options = options;
    this.board = createBoard({ ...options, flash: createTrapFlash(options), macAddress: identity.mac });
    const { pins, console } = this.board;
    // A closed switch pulls its pin to ground, an open one leaves it alone.
    const drive = (pin: number) => (closed: boolean) => pins.drive(pin, closed ? (0 satisfies Level) : undefined);
    const seedOf = (pin: number) => (options.bounce === false ? undefined : options.seed + pin);
    this.#plunger = createSwitch({ clock, drive: drive(TRAP_PINS.plunger), seed: seedOf(TRAP_PINS.plunger) });
    this.#button = createSwitch({ clock, drive: drive(TRAP_PINS.button), seed: seedOf(TRAP_PINS.button) });
    this.#plunger.settle(true);
    this.#button.settle(false);
    this.#batteryMv = 0;
    this.setBatteryMv(options.batteryMv ?? 3900);
    const changed = () => this.#tell();
    this.#unsubscribe = [pins.onOutput(changed), this.board.onEvent(changed), world.onChange(changed)];
    this.#unsubscribe.push(console.onLine((line) => this.#keepLine(line)));
  }

  powerOn(): void {
    this.board.powerOn();
  }

  cutPower(): void {
    this.board.powerOff();
  }

  holdButton(): void {
    this.#options.clock.clearTimer(this.#releaseTimer);
    this.#button.set(true);
    this.#tell();
  }

  releaseButton(): void {
    this.#options.clock.clearTimer(this.#releaseTimer);
    this.#button.set(false);
    this.#tell();
  }

  pressButton(ms: number): void {
    this.holdButton();
    this.#releaseTimer = this.#options.clock.setTimer(ms, () => this.releaseButton());
  }

  spring(): void {
    this.#plunger.set(false);
    this.#tell();
  }

  setPlunger(): void {
    this.#plunger.set(true);
    this.#tell();
  }

  setBatteryMv(mv: number): void {
    this.#batteryMv = mv;
    this.board.pins.driveAnalog(TRAP_PINS.battery, mv / BATTERY_DIVIDER / ANALOG_MV_MAX);
    this.#tell();
  }

  setNetworkUp(up: boolean): void {
    this.#options.world.setUp(up);
  }

  typeCommand(line: string): void {
    this.board.console.type(`TL(${JSON.stringify(line)})\n`);
  }

  led(): boolean {
    return this.board.pins.getOutput(TRAP_PINS.led).level === 1;
  }

  buzzerHz(): number {
    return this.board.pins.getOutput(TRAP_PINS.buzzer).hz;
  }

  consoleLines(): ConsoleEntry[] {
    return [...this.#lines];
  }

  getState(): TrapState {
    return {
      serialNumber: this.identity.serial,
      macAddress: this.identity.mac,
      board: this.board.state(),
      resetReason: this.board.resetReason(),
      wifi: this.board.radioState(),
      networkUp: this.#options.world.isUp(),
      plunger: this.#plunger.isClosed() ? "set" : "sprung",
      button: this.#button.isClosed() ? "down" : "up",
      led: this.led(),
      buzzerHz: this.buzzerHz(),
      batteryMv: this.#batteryMv,
    };
  }

  onChange(fn: () => void): () => void {
    this.#listeners.add(fn);
    return () => void this.#listeners.delete(fn);
  }

  onConsoleLine(fn: (entry: ConsoleEntry) => void): () => void {
    this.#lineListeners.add(fn);
    return () => void this.#lineListeners.delete(fn);
  }

  stop(): void {
    this.#options.clock.clearTimer(this.#releaseTimer);
    this.#plunger.stop();
    this.#button.stop();
    this.board.stop();
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  #keepLine(line: string): void {
    this.#lineCount += 1;
    const entry = { number: this.#lineCount, line };
    this.#lines.push(entry);
    if (this.#lines.length > CONSOLE_LINES_MAX) this.#lines.shift();
    for (const listener of [...this.#lineListeners]) listener(entry);
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function createTrapFlash(options: SimulatedTrapOptions) {
  const { identity, imageFile } = options;
  const createImage = () => composeTrapImage(identity, options);
  if (imageFile === undefined) return createFlash({ image: createImage() });
  const isWanted = (image: Uint8Array) => options.reflash !== true && hasIdentity(image, identity);
  return createFlash({ file: openFlashFile(imageFile, { createImage, isWanted }) });
}
