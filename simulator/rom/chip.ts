// Owns the chip between reset and program: what its straps, its ROM and its flash decide, and who speaks on the UART. The ROM's loader and the
// uploaded stub answer flashing tools; after a good boot the UART belongs to the silicon, which runs what was flashed.
import type { Clock } from "../board/clock.ts";
import type { Flash } from "../board/flash.ts";

/** As the boot log tells them. */
export type BootReason = "power-on" | "software" | "watchdog" | "deep-sleep" | "brown-out";

/** What runs after the ROM and the second loader found a good image: our double of the interpreter, or the real one as a process. */
export interface Silicon {
  /** The interpreter begins. Ends whatever ran before. */
  start(reason: BootReason): void;
  /** At once, in the middle of anything: EN is low, or there is no power. */
  stop(): void;
  /** Bytes that arrived at the UART. */
  receive(bytes: Uint8Array): void;
}

export interface SiliconHost {
  /** Bytes for the UART. */
  send(bytes: Uint8Array): void;
  /** The program resets the chip: the ROM runs anew, the straps are NOT sampled again. */
  reset(reason: BootReason): void;
  /** What is on the chip. */
  readonly flash: Flash;
}

export interface ChipOptions {
  clock: Clock;
  flash: Flash;
  /** Lower-case with colons. */
  mac: string;
  createSilicon(host: SiliconHost): Silicon;
  /** Bytes leaving the UART, at `baud` bits per second. */
  onSend(bytes: Uint8Array, baud: number): void;
}

/** `loader`: the ROM waits for a flashing tool; `looping`: it finds nothing to boot and tries again; `running`: the silicon has it. */
export type ChipState = "off" | "reset" | "loader" | "looping" | "running";

export interface Chip {
  /**
   * Bytes arriving at the UART, sent at `baud`; at another speed than the chip's own they arrive as noise. Undefined is a wire without a
   * speed, as raw TCP, where it is always right.
   */
  receive(bytes: Uint8Array, baud: number | undefined): void;
  setPower(on: boolean): void;
  /** Levels of the pins EN and IO0 as the lines and a pressed button make them; the rising edge of EN samples IO0. */
  setEnable(high: boolean): void;
  setIo0(high: boolean): void;
  state(): ChipState;
  onState(listen: (state: ChipState) => void): () => void;
  stop(): void;
}
