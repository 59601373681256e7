// Owns a whole virtual ESP32 running Espruino: power, resets and their reasons, the interpreter that comes and goes with them, and the
// parts that stay. It leaves what hangs on the pins to trap.ts.
import type { Clock, TimerHandle } from "./clock.ts";
import { type BoardConsole, createConsole } from "./console.ts";
import type { Flash } from "./flash.ts";
import { type BootRequest, createInterpreter, type Interpreter } from "./interpreter.ts";
import { createNetwork } from "./network.ts";
import { createPins, type Pins } from "./pins.ts";
import type { Chip, RestartRequest } from "./program.ts";
import { createRadio, type RadioState, type RadioTimes, type World } from "./radio.ts";
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
  radioTimes?: Partial<RadioTimes>;
  /** Variables of the interpreter. */
  memory?: { total: number; used: number };
  evaluateLimitMs?: number;
}

export interface Board {
  /** Nothing happens to a board that is on. */
  powerOn(): void;
  /** At once, wherever the program is: only the flash remains. */
  powerOff(): void;
  /** Nothing happens to a board without power. */
  reset(reason: ResetReason): void;
  state(): BoardState;
  resetReason(): ResetReason;
  isTelnetOpen(): boolean;
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
  const { clock, flash } = options;
  const bootMs = options.bootMs ?? 0;
  const listeners = new Set<(event: BoardEvent) => void>();
  const drawNoise = createSeededWords(options.seed);
  let state: BoardState = "off";
  let reason: ResetReason = "power-on";
  let interpreter: Interpreter | undefined;
  let restartRequest: RestartRequest | undefined;
  let startTimer: TimerHandle = 0;
  let timeOffsetMs = 0;
  let telnetOpen = false;

  function tell(event: BoardEvent): void {
    for (const listener of [...listeners]) listener(event);
  }

  function setState(next: BoardState): void {
    state = next;
    tell({ kind: "state", state, reason });
  }

  const pins = createPins();
  const board = createConsole((line) => interpreter?.type(line));
  const storage = createStorage(flash, board.program.print);
  const radio = createRadio({ clock, world: options.world, times: options.radioTimes });
  const network = createNetwork({ isOnline: () => radio.state() === "online", resolveHost: options.resolveHost });
  const watchdog = createWatchdog({ clock, isHanging: () => state === "hung", bite: () => reset("watchdog") });
  radio.onState((next) => {
    if (next !== "online") network.cutAll("NO_CONNECTION");
    tell({ kind: "radio", state: next });
  });

  const chip: Chip = {
    clock,
    flash,
    storage,
    pins,
    radio,
    network,
    random: createInterpreterRandom(),
    systemTimeMs: () => clock.now() - timeOffsetMs,
    setSystemTimeMs(ms) {
      timeOffsetMs = clock.now() - ms;
    },
    peek(address) {
      if (address === NOISE_REGISTER) return drawNoise();
      return address === RESET_STATE_REGISTER ? RESET_CODES[reason] | SECOND_PROCESSOR_RESET : 0;
    },
    macAddress: options.macAddress ?? "02:00:5e:00:53:00",
    memory: options.memory ?? { total: 2500, used: 1100 },
    watchdog,
    setTelnet(open) {
      telnetOpen = open;
    },
    reboot: () => reset("software"),
    sleep(ms) {
      halt();
      setState("asleep");
      if (ms !== undefined) startLater(ms + bootMs, "deep-sleep");
    },
    wakeupCause: () => (reason === "deep-sleep" ? WAKEUP_BY_TIMER : 0),
    restart(request) {
      restartRequest = request;
    },
    console: board.program,
  };

  function run(boot: BootRequest): void {
    restartRequest = undefined;
    telnetOpen = true;
    pins.reset();
    const next = createInterpreter({
      chip,
      boot,
      onPowerCut: powerOff,
      onHang: () => setState("hung"),
      onIdle: restartIfAsked,
      evaluateLimitMs: options.evaluateLimitMs,
    });
    interpreter = next;
    next.start();
  }

  function restartIfAsked(): void {
    if (restartRequest === undefined || state !== "running") return;
    interpreter?.stop();
    network.cutAll();
    run(restartRequest);
  }

  function start(why: ResetReason): void {
    reason = why;
    if (why === "power-on") {
      chip.random = createInterpreterRandom();
      timeOffsetMs = clock.now();
    }
    setState("running");
    run({ kind: why === "power-on" ? "power" : "chip" });
  }

  function startLater(ms: number, why: ResetReason): void {
    startTimer = clock.setTimer(ms, () => start(why));
  }

  /** Ends whatever runs; what was put out goes dark. */
  function halt(): void {
    clock.clearTimer(startTimer);
    interpreter?.stop();
    interpreter = undefined;
    watchdog.disarm();
    network.cutAll();
    radio.powerOff();
    telnetOpen = false;
    board.reset();
    pins.powerOff();
  }

  function powerOff(): void {
    if (state === "off") return;
    halt();
    setState("off");
  }

  function reset(why: ResetReason): void {
    if (state === "off") return;
    halt();
    setState("starting");
    // Never at once: it may be the program itself that asked, and it has to unwind first.
    startLater(bootMs, why);
  }

  return {
    powerOn() {
      if (state !== "off") return;
      if (bootMs === 0) return start("power-on");
      setState("starting");
      startLater(bootMs, "power-on");
    },
    powerOff,
    reset,
    state: () => state,
    resetReason: () => reason,
    isTelnetOpen: () => telnetOpen,
    pins,
    console: board.console,
    flash,
    storage,
    onEvent(fn) {
      listeners.add(fn);
      return () => void listeners.delete(fn);
    },
    stop() {
      powerOff();
      radio.stop();
      flash.stop();
    },
  };
}
