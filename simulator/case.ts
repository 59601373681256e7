// Owns one trap as a person handles it: a board in a case, with a plunger, a button, a lamp and a buzzer, a battery, and a cable for
// typing. Switches bounce, as metal does. It leaves the chip to board/, what is on its flash to trap.ts and virtual-board/, and the page
// with the buttons to control.ts.
import { type Board, type BoardOptions, type BoardState, createBoard, type ResetReason } from "./board/board.ts";
import type { TimerHandle } from "./board/clock.ts";
import type { RadioState } from "./board/radio.ts";
import { createSwitch, type Switch } from "./switch.ts";
import { createWire, type Wire } from "./wire.ts";

/** What is soldered where. The plunger's switch and the button close to ground; the battery is measured through a divider of 1:2. */
export const TRAP_PINS = { button: 0, led: 2, buzzer: 4, plunger: 27, battery: 35 } as const;
/** Voltage at a pin that the converter shows as its end, in millivolts. */
const ANALOG_MV_MAX = 3300;
const BATTERY_DIVIDER = 2;
const CONSOLE_LINES_MAX = 500;

export interface TrapCaseOptions extends BoardOptions {
  macAddress: string;
  /** Of the trap, as far as anybody knows. */
  serialNumber(): string;
  /** False for switches of a better world. */
  bounce?: boolean;
  /** Whether the plunger is set at first; it is unless told. */
  plungerSet?: boolean;
  batteryMv?: number;
  /** Where something stands between a person's hand and the board: its ROM, its cable. Straight to the board unless told. */
  setPower?(on: boolean): void;
  typeText?(text: string): void;
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

export interface SwitchWires {
  readonly button: Wire;
  readonly plunger: Wire;
}

export interface TrapCase {
  readonly board: Board;
  /** At the two pins, bounces and all. */
  readonly wires: SwitchWires;
  /** Beside the case's own switches: other hands on the same plunger and button. */
  readonly others: SwitchWires;
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

/** A trap without power, button up. */
export function createTrapCase(options: TrapCaseOptions): TrapCase {
  return new CasedTrap(options);
}

class CasedTrap implements TrapCase {
  readonly board: Board;
  readonly wires: SwitchWires;
  readonly others: SwitchWires;
  readonly #options: TrapCaseOptions;
  readonly #plunger: Switch;
  readonly #button: Switch;
  readonly #lines: ConsoleEntry[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #lineListeners = new Set<(entry: ConsoleEntry) => void>();
  readonly #unsubscribe: (() => void)[];
  #releaseTimer: TimerHandle = 0;
  #batteryMv: number;
  #lineCount = 0;

  constructor(options: TrapCaseOptions) {
    const { clock, world } = options;
    this.#options = options;
    this.board = createBoard(options);
    const { pins, console } = this.board;
    // A closed switch pulls its pin to ground, an open one leaves it alone.
    const createPinWire = (pin: number) => createWire((closed) => pins.drive(pin, closed ? 0 : undefined));
    this.wires = { button: createPinWire(TRAP_PINS.button), plunger: createPinWire(TRAP_PINS.plunger) };
    const createOther = (wire: Wire) => createWire(wire.join());
    this.others = { button: createOther(this.wires.button), plunger: createOther(this.wires.plunger) };
    const seedOf = (pin: number) => (options.bounce === false ? undefined : options.seed + pin);
    this.#plunger = createSwitch({ clock, drive: this.wires.plunger.join(), seed: seedOf(TRAP_PINS.plunger) });
    this.#button = createSwitch({ clock, drive: this.wires.button.join(), seed: seedOf(TRAP_PINS.button) });
    this.#plunger.settle(options.plungerSet ?? true);
    this.#button.settle(false);
    this.#batteryMv = 0;
    this.setBatteryMv(options.batteryMv ?? 3900);
    const changed = () => this.#tell();
    this.#unsubscribe = [pins.onOutput(changed), this.board.onEvent(changed), world.onChange(changed)];
    this.#unsubscribe.push(this.others.button.onChange(changed), this.others.plunger.onChange(changed));
    this.#unsubscribe.push(console.onLine((line) => this.#keepLine(line)));
  }

  powerOn(): void {
    if (this.#options.setPower) this.#options.setPower(true);
    else this.board.powerOn();
  }

  cutPower(): void {
    if (this.#options.setPower) this.#options.setPower(false);
    else this.board.powerOff();
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
    const text = `TL(${JSON.stringify(line)})\n`;
    if (this.#options.typeText) this.#options.typeText(text);
    else this.board.console.type(text);
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
      serialNumber: this.#options.serialNumber(),
      macAddress: this.#options.macAddress,
      board: this.board.state(),
      resetReason: this.board.resetReason(),
      wifi: this.board.radioState(),
      networkUp: this.#options.world.isUp(),
      plunger: this.#plunger.isClosed() || this.others.plunger.isClosed() ? "set" : "sprung",
      button: this.#button.isClosed() || this.others.button.isClosed() ? "down" : "up",
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
