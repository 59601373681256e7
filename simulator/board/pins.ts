// Owns the forty pins of the chip: what drives them from outside, how the program has set them, what they put out. It leaves to
// watches.ts when a program hears of an edge, and to trap.ts what hangs on which pin.

export type Level = 0 | 1;
export type PinMode =
  | "analog"
  | "input"
  | "input_pullup"
  | "input_pulldown"
  | "output"
  | "opendrain"
  | "opendrain_pullup";

export interface PinOutput {
  pin: number;
  /** Of a pin that switches; while a wave stands on it, 1 if that has any pulse at all. */
  level: Level;
  /** Share of the time at high level, or of the full voltage on a pin with a converter: 0 to 1. */
  duty: number;
  /** Frequency of the wave in hertz; 0 for a steady level. */
  hz: number;
}

export interface Pins {
  // The world's side.
  /** What a switch or a wire puts on the pin; undefined leaves it open, so that the pull resistor decides. */
  drive(pin: number, level: Level | undefined): void;
  /** Voltage on an analog pin as a share of what the converter can measure, 0 to 1. */
  driveAnalog(pin: number, share: number): void;
  getOutput(pin: number): PinOutput;
  /** Called at every change of an output; returns how to stop it. */
  onOutput(fn: (output: PinOutput) => void): () => void;
  /** What the chip itself puts on a wire; undefined while it leaves it alone, as an input or as an open drain at 1. */
  getDrive(pin: number): Level | undefined;
  /** Called at every change of that; returns how to stop it. */
  onDrive(fn: (pin: number, level: Level | undefined) => void): () => void;

  // The chip's side.
  setMode(pin: number, mode: PinMode): void;
  getMode(pin: number): PinMode | undefined;
  read(pin: number): Level;
  write(pin: number, level: Level): void;
  /** `hz` 0 is the default of 5 kHz. */
  writeWave(pin: number, duty: number, hz: number): void;
  readAnalog(pin: number): number;
  /** The one listener for edges, as the chip has one interrupt. */
  setEdgeListener(fn: ((pin: number, level: Level) => void) | undefined): void;
  /** As the interpreter leaves the pins after a reset. */
  reset(): void;
  /** Without power nothing is put out and nothing is pulled. */
  powerOff(): void;
}

export const PIN_COUNT = 40;
/** Driven by the digital-to-analog converter, which knows levels but no frequencies. */
const CONVERTER_PINS = [25, 26];
/** Input only, and without resistors in silicon. */
const INPUT_ONLY_FROM = 34;
const PULLED_UP_AT_RESET = [0, 12, 13, 14, 15, 18, 19, 21, 22, 25, 26, 27];
const WAVE_HZ_DEFAULT = 5000;
const ANALOG_STEPS = 4096;

interface PinState {
  mode: PinMode | undefined;
  driven: Level | undefined;
  analog: number;
  output: PinOutput;
}

export function createPins(): Pins {
  return new ChipPins();
}

class ChipPins implements Pins {
  readonly #states: PinState[] = Array.from({ length: PIN_COUNT }, (_, pin) => ({
    mode: undefined,
    driven: undefined,
    analog: 0,
    output: { pin, level: 0, duty: 0, hz: 0 },
  }));
  readonly #listeners = new Set<(output: PinOutput) => void>();
  readonly #driveListeners = new Set<(pin: number, level: Level | undefined) => void>();
  #onEdge: ((pin: number, level: Level) => void) | undefined;

  drive(pin: number, level: Level | undefined): void {
    this.#change(pin, (state) => {
      state.driven = level;
    });
  }

  driveAnalog(pin: number, share: number): void {
    this.#at(pin).analog = Math.min(Math.max(share, 0), 1);
  }

  getOutput(pin: number): PinOutput {
    return { ...this.#at(pin).output };
  }

  onOutput(fn: (output: PinOutput) => void): () => void {
    this.#listeners.add(fn);
    return () => void this.#listeners.delete(fn);
  }

  getDrive(pin: number): Level | undefined {
    return driveOf(this.#at(pin));
  }

  onDrive(fn: (pin: number, level: Level | undefined) => void): () => void {
    this.#driveListeners.add(fn);
    return () => void this.#driveListeners.delete(fn);
  }

  setMode(pin: number, mode: PinMode): void {
    this.#drivingAnew(pin, () => {
      this.#change(pin, (state) => {
        state.mode = mode;
      });
      if (isInput(mode)) this.#setOutput(pin, 0, 0, 0);
    });
  }

  getMode(pin: number): PinMode | undefined {
    return this.#at(pin).mode;
  }

  read(pin: number): Level {
    return levelOf(this.#at(pin), pin);
  }

  write(pin: number, level: Level): void {
    if (pin < INPUT_ONLY_FROM) this.#drivingAnew(pin, () => this.#setOutput(pin, level, level, 0));
  }

  writeWave(pin: number, duty: number, hz: number): void {
    if (pin >= INPUT_ONLY_FROM) return;
    const share = Math.min(Math.max(duty, 0), 1);
    const steady = share === 0 || share === 1 || CONVERTER_PINS.includes(pin);
    const waveHz = steady ? 0 : hz > 0 ? hz : WAVE_HZ_DEFAULT;
    this.#drivingAnew(pin, () => this.#setOutput(pin, share > 0 ? 1 : 0, share, waveHz));
  }

  readAnalog(pin: number): number {
    return Math.min(Math.floor(this.#at(pin).analog * ANALOG_STEPS), ANALOG_STEPS - 1) / ANALOG_STEPS;
  }

  setEdgeListener(fn: ((pin: number, level: Level) => void) | undefined): void {
    this.#onEdge = fn;
  }

  reset(): void {
    this.#restart((pin) => (PULLED_UP_AT_RESET.includes(pin) ? "input_pullup" : undefined));
  }

  powerOff(): void {
    this.#restart(() => undefined);
  }

  #restart(modeOf: (pin: number) => PinMode | undefined): void {
    for (let pin = 0; pin < PIN_COUNT; pin++) {
      this.#drivingAnew(pin, () => {
        this.#at(pin).mode = modeOf(pin);
        this.#setOutput(pin, 0, 0, 0);
      });
    }
  }

  #at(pin: number): PinState {
    const state = this.#states[pin];
    if (state === undefined) throw new RangeError(`the chip has no pin ${pin}`);
    return state;
  }

  #setOutput(pin: number, level: Level, duty: number, hz: number): void {
    const { output } = this.#at(pin);
    if (output.level === level && output.duty === duty && output.hz === hz) return;
    this.#at(pin).output = { pin, level, duty, hz };
    for (const listener of [...this.#listeners]) listener({ pin, level, duty, hz });
  }

  #drivingAnew(pin: number, apply: () => void): void {
    const before = this.getDrive(pin);
    apply();
    const after = this.getDrive(pin);
    if (before !== after) for (const listener of [...this.#driveListeners]) listener(pin, after);
  }

  #change(pin: number, apply: (state: PinState) => void): void {
    const before = this.read(pin);
    apply(this.#at(pin));
    const after = this.read(pin);
    if (before !== after && isInput(this.#at(pin).mode)) this.#onEdge?.(pin, after);
  }
}

function isInput(mode: PinMode | undefined): boolean {
  return mode === undefined || mode === "analog" || mode.startsWith("input");
}

/** A wave counts as high all the time: nobody outside looks as often. */
function driveOf({ mode, output }: PinState): Level | undefined {
  if (mode === "output" || output.hz > 0) return output.level;
  return mode?.startsWith("opendrain") && output.level === 0 ? 0 : undefined;
}

/** An open pin without a resistor floats; it reads low here, so that a program that forgot the resistor is found out. */
function levelOf(state: PinState, pin: number): Level {
  if (state.mode === "output") return state.output.level;
  if (state.mode?.startsWith("opendrain") && state.output.level === 0) return 0;
  if (state.driven !== undefined) return state.driven;
  return state.mode?.endsWith("pullup") && pin < INPUT_ONLY_FROM ? 1 : 0;
}
