// Owns the chip between reset and program: what its straps, its ROM and its flash decide, and who speaks on the UART. The ROM's loader and the
// uploaded stub answer flashing tools; after a good boot the UART belongs to the silicon, which runs what was flashed.
import type { Clock, TimerHandle } from "../board/clock.ts";
import { type Flash, PowerCutError } from "../board/flash.ts";
import { loadSecondLoader } from "./boot.ts";
import { describeReset, type ResetCause, STRAPS_DOWNLOAD, STRAPS_FLASH } from "./boot-log.ts";
import { isInterpreter } from "./image.ts";
import { createLoaderSession, type LoaderSession } from "./loader-session.ts";
import { distort } from "./noise.ts";
import { runSecondLoader } from "./second-loader.ts";

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
  /** Bytes for the UART. Those of a silicon that is stopped are dropped. */
  send(bytes: Uint8Array): void;
  /** The program resets the chip: the ROM runs anew, the straps are NOT sampled again. Stops the silicon at once. */
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

/**
 * `booting`: the ROM or the second loader is at work; `loader`: the ROM or a stub waits for a flashing tool; `looping`: there is nothing
 * to boot, and it will try again; `running`: the program has it.
 */
export type ChipState = "off" | "reset" | "booting" | "loader" | "looping" | "running";

/** A chip without power, whose EN and IO0 are high. */
export interface Chip {
  /**
   * Bytes arriving at the UART, sent at `baud`; at another speed than the chip's own they arrive as noise. Undefined where the line
   * carries no speed: they arrive as they are.
   */
  receive(bytes: Uint8Array, baud: number | undefined): void;
  setPower(on: boolean): void;
  /** Levels of the pins EN and IO0 as the lines and a pressed button make them; the rising edge of EN samples IO0 [CHIP-1]. */
  setEnable(high: boolean): void;
  setIo0(high: boolean): void;
  state(): ChipState;
  /** As the boot log tells it: 0x13 boots from flash, 0x03 waits for a tool. */
  bootMode(): number;
  onState(listen: (state: ChipState) => void): () => void;
  stop(): void;
}

const BAUD = 115_200;
/** From the reset to the ROM's first word, from there to the second loader's, from there to the program's. */
const ROM_MS = 2;
const SECOND_LOADER_MS = 30;
const PROGRAM_MS = 100;
/** How long the watchdog waits for a ROM that found nothing to boot. */
const WATCHDOG_MS = 400;
const CAUSES: Readonly<Record<BootReason, ResetCause>> = {
  "power-on": 0x1,
  software: 0xc,
  // The one that watches the program's tasks.
  watchdog: 0x7,
  "deep-sleep": 0x5,
  "brown-out": 0xf,
};

interface Core {
  readonly options: ChipOptions;
  /** Undefined only while it is being made. */
  silicon: Silicon | undefined;
  isPowered: boolean;
  isEnabled: boolean;
  isIo0High: boolean;
  /** What IO0 was at the last rising edge of EN. */
  straps: number;
  /** The program is the interpreter; another valid one runs too, and is silent. */
  isInterpreting: boolean;
  /** Why it started last. */
  cause: ResetCause;
  baud: number;
  state: ChipState;
  listeners: Set<(state: ChipState) => void>;
  timer: TimerHandle;
  session: LoaderSession | undefined;
}

export function createChip(options: ChipOptions): Chip {
  const core: Core = {
    options,
    silicon: undefined,
    isPowered: false,
    isEnabled: true,
    isIo0High: true,
    straps: STRAPS_FLASH,
    isInterpreting: false,
    cause: CAUSES["power-on"],
    baud: BAUD,
    state: "off",
    listeners: new Set(),
    timer: 0,
    session: undefined,
  };
  core.silicon = options.createSilicon({
    send: (bytes) => {
      if (core.isInterpreting) send(core, bytes);
    },
    reset: (reason) => {
      if (core.isInterpreting) restart(core, CAUSES[reason]);
    },
    flash: options.flash,
  });
  return {
    receive: (bytes, baud) => receive(core, bytes, baud),
    setPower: (on) => setInputs(core, { isPowered: on }),
    setEnable: (high) => setInputs(core, { isEnabled: high }),
    setIo0: (high) => setInputs(core, { isIo0High: high }),
    state: () => core.state,
    bootMode: () => core.straps,
    onState(listen) {
      core.listeners.add(listen);
      return () => core.listeners.delete(listen);
    },
    stop: () => setInputs(core, { isPowered: false }),
  };
}

/** The straps are sampled when EN rises, which it also does with the power, and never otherwise [CHIP-1]. */
function setInputs(core: Core, inputs: Partial<Pick<Core, "isPowered" | "isEnabled" | "isIo0High">>): void {
  const wasLive = core.isPowered && core.isEnabled;
  Object.assign(core, inputs);
  const isLive = core.isPowered && core.isEnabled;
  if (wasLive && !isLive) halt(core);
  if (!isLive) setState(core, core.isPowered ? "reset" : "off");
  if (wasLive || !isLive) return;
  core.straps = core.isIo0High ? STRAPS_FLASH : STRAPS_DOWNLOAD;
  restart(core, CAUSES["power-on"]);
}

/** Whatever ran, runs no more. */
function halt(core: Core): void {
  core.options.clock.clearTimer(core.timer);
  core.session = undefined;
  const wasInterpreting = core.isInterpreting;
  core.isInterpreting = false;
  if (wasInterpreting) core.silicon?.stop();
}

function restart(core: Core, cause: ResetCause): void {
  halt(core);
  core.cause = cause;
  core.baud = BAUD;
  setState(core, "booting");
  later(core, ROM_MS, () => {
    print(core, describeReset(cause, core.straps));
    if (core.straps === STRAPS_DOWNLOAD) startLoader(core);
    else boot(core);
  });
}

function later(core: Core, ms: number, act: () => void): void {
  core.timer = core.options.clock.setTimer(ms, act);
}

function startLoader(core: Core): void {
  const { flash, mac } = core.options;
  core.session = createLoaderSession({
    flash,
    mac,
    straps: core.straps,
    baud: () => core.baud,
    setBaud: (baud) => {
      core.baud = baud;
    },
    send: (bytes) => send(core, bytes),
    restart: () => restart(core, 0x3),
    leave: () => {
      halt(core);
      core.baud = BAUD;
      setState(core, "booting");
      boot(core);
    },
  });
  setState(core, "loader");
}

/** From flash. Nonsense is refused, and the refusal begins anew some time later [CHIP-2]. */
function boot(core: Core): void {
  const { flash } = core.options;
  const rom = loadSecondLoader(flash);
  print(core, rom.lines);
  if (!rom.isLoaded) {
    loop(core, 0x10);
    return;
  }
  later(core, SECOND_LOADER_MS, () => {
    const { lines, program } = runSecondLoader(flash);
    print(core, lines);
    if (program === undefined) {
      loop(core, 0x3);
      return;
    }
    later(core, PROGRAM_MS, () => {
      core.isInterpreting = isInterpreter(flash, program);
      setState(core, "running");
      if (core.isInterpreting) core.silicon?.start(reasonOf(core.cause));
    });
  });
}

function loop(core: Core, cause: ResetCause): void {
  setState(core, "looping");
  later(core, WATCHDOG_MS, () => restart(core, cause));
}

function reasonOf(cause: ResetCause): BootReason {
  if (cause === 0x1) return "power-on";
  if (cause === 0x5) return "deep-sleep";
  if (cause === 0xf) return "brown-out";
  return cause === 0x7 || cause === 0x10 ? "watchdog" : "software";
}

function receive(core: Core, bytes: Uint8Array, baud: number | undefined): void {
  if (bytes.length === 0) return;
  // Until it has understood a tool, the loader measures its speed.
  if (core.session?.isListening() && baud !== undefined) core.baud = baud;
  const heard = baud === undefined ? bytes : distort(bytes, baud, core.baud);
  try {
    if (core.session !== undefined) core.session.receive(heard);
    else if (core.isInterpreting) core.silicon?.receive(heard);
  } catch (error) {
    if (!(error instanceof PowerCutError)) throw error;
    setInputs(core, { isPowered: false });
  }
}

function send(core: Core, bytes: Uint8Array): void {
  if (bytes.length > 0) core.options.onSend(bytes, core.baud);
}

function print(core: Core, lines: string[]): void {
  send(core, new TextEncoder().encode(lines.map((line) => `${line}\r\n`).join("")));
}

function setState(core: Core, state: ChipState): void {
  if (core.state === state) return;
  core.state = state;
  for (const listen of [...core.listeners]) listen(state);
}
