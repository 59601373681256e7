// Owns a whole virtual ESP32 running Espruino: power, resets and their reasons, the interpreter that comes and goes with them, and the
// parts that stay. It leaves what hangs on the pins to trap.ts.
import type { Clock, TimerHandle } from "./clock.ts";
import { type BoardConsole, type ConsoleParts, createConsole } from "./console.ts";
import type { Flash } from "./flash.ts";
import { type BootRequest, createInterpreter, type Interpreter } from "./interpreter.ts";
import type { PortKind } from "./listeners.ts";
import { createNetwork, type Network } from "./network.ts";
import { createPins, type Pins } from "./pins.ts";
import type { Chip, RestartRequest } from "./program.ts";
import { type AccessPoint, createRadio, type RadioState, type RadioTimes, type World } from "./radio.ts";
import { createInterpreterRandom, createSeededWords } from "./random.ts";
import { createStorage, type Storage } from "./storage.ts";
import { createWatchdog } from "./watchdog.ts";

/** What RTC_CNTL_RESET_STATE tells of each; the reset pin looks like power. */
const RESET_CODES = {
  "power-on": 1,
  "reset-pin": 1,
  "deep-sleep": 5,
  watchdog: 7,
  software: 12,
  "brown-out": 15,
} as const;
export type ResetReason = keyof typeof RESET_CODES;

/** `hung`: powered, but the program did not come back and only a reset helps. */
export type BoardState = "off" | "starting" | "running" | "asleep" | "hung";

export type BoardEvent =
  | { kind: "state"; state: BoardState; reason: ResetReason }
  | { kind: "radio"; state: RadioState };

export interface BoardOptions {
  flash: Flash;
  clock: Clock;
  world: World;
  /** Of the chip's noise; the same seed gives the same run. */
  seed: number;
  macAddress?: string;
  /** Undefined for a host that is not found. Without it names are the host's business. */
  resolveHost?(host: string): string | undefined;
  /** From a reset to the first line of code, in milliseconds; 0 unless told. */
  bootMs?: number;
  /**
   * For whoever has a ROM to run first: called in place of the new start, when the program that asked for it has unwound. He calls `start`.
   */
  onReset?(reason: ResetReason): void;
  radioTimes?: Partial<RadioTimes>;
  /** Variables of the interpreter; looked at each time the program asks, so that it can be made short. */
  memory?: { total: number; used: number };
  /** What the interpreter tells of as gone wrong; the program takes the names out. */
  errorFlags?: string[];
  /** Host time until code that is evaluated at a stroke counts as hanging; 5 s unless told. */
  evaluateLimitMs?: number;
  /** Callbacks too; false unless told, since it costs time. */
  limitCallbacks?: boolean;
}

export interface Board {
  /** Nothing happens to a board that is on. */
  powerOn(): void;
  /** At once, wherever the program is: only the flash remains. */
  powerOff(): void;
  /** Nothing happens to a board without power. */
  reset(reason: ResetReason): void;
  /** The interpreter begins at once, whatever ran before. */
  start(reason: ResetReason): void;
  state(): BoardState;
  resetReason(): ResetReason;
  radioState(): RadioState;
  isTelnetOpen(): boolean;
  /** Whether somebody near could join the console over Bluetooth. */
  isBleOpen(): boolean;
  /** The Wi-Fi network of its own, if it has opened one. */
  accessPoint(): AccessPoint | undefined;
  /** Where this machine reaches a port the program listens on; undefined if it does not. */
  findHostPort(kind: PortKind, port: number): number | undefined;
  readonly pins: Pins;
  readonly console: BoardConsole;
  readonly flash: Flash;
  /** As the program sees it. */
  readonly storage: Storage;
  /** Returns how to stop it. */
  onEvent(fn: (event: BoardEvent) => void): () => void;
  stop(): void;
}

const NOISE_REGISTER = 0x3ff75144;
const RESET_STATE_REGISTER = 0x3ff48034;
/** The second processor is always started by the first. */
const SECOND_PROCESSOR_RESET = 14 << 6;
const WAKEUP_BY_TIMER = 4;

export function createBoard(options: BoardOptions): Board {
  return new VirtualBoard(options);
}

class VirtualBoard implements Board {
  readonly pins = createPins();
  readonly console: BoardConsole;
  readonly flash: Flash;
  readonly storage: Storage;
  readonly #options: BoardOptions;
  readonly #parts: ConsoleParts;
  readonly #radio: ReturnType<typeof createRadio>;
  readonly #network: Network;
  readonly #watchdog: ReturnType<typeof createWatchdog>;
  readonly #chip: Chip;
  readonly #listeners = new Set<(event: BoardEvent) => void>();
  #state: BoardState = "off";
  #reason: ResetReason = "power-on";
  #interpreter: Interpreter | undefined;
  #restartRequest: RestartRequest | undefined;
  #startTimer: TimerHandle = 0;
  /** The clock's time at which the board's system time was 0. */
  #epochMs = 0;
  #telnetOpen = false;
  #ble = { uart: false, awake: false };

  constructor(options: BoardOptions) {
    const { clock, flash, world } = options;
    this.#options = options;
    this.#parts = createConsole((line, told) => this.#interpreter?.type(line, told));
    this.console = this.#parts.console;
    this.flash = flash;
    this.storage = createStorage(flash, this.#parts.program.print);
    this.#radio = createRadio({ clock, world, times: options.radioTimes });
    const isOnline = () => this.#radio.state() === "online";
    this.#network = createNetwork({ isOnline, resolveHost: options.resolveHost });
    const isHanging = () => this.#state === "hung";
    this.#watchdog = createWatchdog({ clock, isHanging, bite: () => this.reset("watchdog") });
    this.#chip = this.#createChip();
    this.#radio.onState((state) => {
      if (state !== "online") this.#network.cutAll("NO_CONNECTION");
      this.#tell({ kind: "radio", state });
    });
  }

  powerOn(): void {
    if (this.#state !== "off") return;
    const { bootMs = 0 } = this.#options;
    if (bootMs === 0) {
      this.#start("power-on");
    } else {
      this.#setState("starting");
      this.#startLater(bootMs, "power-on");
    }
  }

  powerOff(): void {
    if (this.#state === "off") return;
    this.#halt();
    this.#setState("off");
  }

  reset(reason: ResetReason): void {
    if (this.#state === "off") return;
    this.#halt();
    this.#setState("starting");
    // Never at once: it may be the program itself that asked, and it has to unwind first.
    this.#startLater(this.#options.bootMs ?? 0, reason);
  }

  start(reason: ResetReason): void {
    this.#halt();
    this.#start(reason);
  }

  state(): BoardState {
    return this.#state;
  }

  resetReason(): ResetReason {
    return this.#reason;
  }

  radioState(): RadioState {
    return this.#radio.state();
  }

  isTelnetOpen(): boolean {
    return this.#telnetOpen;
  }

  isBleOpen(): boolean {
    return this.#ble.uart && this.#ble.awake;
  }

  accessPoint(): AccessPoint | undefined {
    return this.#radio.accessPoint();
  }

  findHostPort(kind: PortKind, port: number): number | undefined {
    return this.#network.findHostPort(kind, port);
  }

  onEvent(fn: (event: BoardEvent) => void): () => void {
    this.#listeners.add(fn);
    return () => void this.#listeners.delete(fn);
  }

  stop(): void {
    this.powerOff();
    this.#radio.stop();
    this.flash.stop();
  }

  #createChip(): Chip {
    const { clock, errorFlags, macAddress, memory, seed } = this.#options;
    const drawNoise = createSeededWords(seed);
    return {
      clock,
      flash: this.flash,
      storage: this.storage,
      pins: this.pins,
      radio: this.#radio,
      network: this.#network,
      random: createInterpreterRandom(),
      watchdog: this.#watchdog,
      console: this.#parts.program,
      macAddress: macAddress ?? "02:00:5e:00:53:00",
      memory: memory ?? { total: 2500, used: 1100 },
      errorFlags: errorFlags ?? [],
      systemTimeMs: () => clock.now() - this.#epochMs,
      setSystemTimeMs: (ms) => {
        this.#epochMs = clock.now() - ms;
      },
      peek: (address) => (address === NOISE_REGISTER ? drawNoise() : this.#readRegister(address)),
      setTelnet: (open) => {
        this.#telnetOpen = open;
      },
      setBle: (change) => {
        this.#ble = { ...this.#ble, ...change };
      },
      reboot: () => this.reset("software"),
      sleep: (ms) => this.#sleep(ms),
      wakeupCause: () => (this.#reason === "deep-sleep" ? WAKEUP_BY_TIMER : 0),
      restart: (request) => {
        this.#restartRequest = request;
      },
    };
  }

  #readRegister(address: number): number {
    return address === RESET_STATE_REGISTER ? RESET_CODES[this.#reason] | SECOND_PROCESSOR_RESET : 0;
  }

  #start(reason: ResetReason): void {
    this.#reason = reason;
    this.#chip.random = createInterpreterRandom();
    // The chip's clock runs on through every reset.
    if (reason === "power-on") this.#epochMs = this.#options.clock.now();
    this.#setState("running");
    this.#run({ kind: reason === "power-on" ? "power" : "chip" });
  }

  #startLater(ms: number, reason: ResetReason): void {
    this.#startTimer = this.#options.clock.setTimer(ms, () => {
      if (this.#options.onReset === undefined) this.#start(reason);
      else this.#options.onReset(reason);
    });
  }

  #sleep(ms: number | undefined): void {
    this.#halt();
    this.#setState("asleep");
    if (ms !== undefined) this.#startLater(ms + (this.#options.bootMs ?? 0), "deep-sleep");
  }

  #run(boot: BootRequest): void {
    this.#restartRequest = undefined;
    this.#parts.greet();
    this.#telnetOpen = true;
    this.#ble = { uart: true, awake: true };
    this.pins.reset();
    this.#interpreter = createInterpreter({
      chip: this.#chip,
      boot,
      onPowerCut: () => this.powerOff(),
      onHang: () => this.#setState("hung"),
      onIdle: () => this.#restartIfAsked(),
      evaluateLimitMs: this.#options.evaluateLimitMs,
      limitCallbacks: this.#options.limitCallbacks,
    });
    this.#interpreter.start();
  }

  #restartIfAsked(): void {
    const request = this.#restartRequest;
    if (this.#state !== "running") return;
    if (request === undefined) {
      this.#parts.rest();
      return;
    }
    this.#interpreter?.stop();
    this.#network.cutAll();
    this.#run(request);
  }

  /** Ends whatever runs; what was put out goes dark. */
  #halt(): void {
    this.#options.clock.clearTimer(this.#startTimer);
    this.#interpreter?.stop();
    this.#interpreter = undefined;
    this.#watchdog.disarm();
    this.#network.cutAll();
    this.#radio.powerOff();
    this.#telnetOpen = false;
    this.#ble = { uart: false, awake: false };
    this.#parts.reset();
    this.pins.powerOff();
  }

  #setState(state: BoardState): void {
    this.#state = state;
    this.#tell({ kind: "state", state, reason: this.#reason });
  }

  #tell(event: BoardEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
