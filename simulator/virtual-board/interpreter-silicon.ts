// Owns the real interpreter as what runs on a chip after its boot: a child process in a folder of its own, whose flash is a file there and
// whose console is its standard input and output. It ends by SIGKILL alone, and spins when its standard input ends: that is kept open, and
// the child spawned here is killed, no other. It knows nothing of the chip's reset registers;
// its pins are interpreter-pins.ts's.
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Clock } from "../board/clock.ts";
import { FLASH_BYTES, FLASH_PAGE_BYTES, type Flash } from "../board/flash.ts";
import type { Pins } from "../board/pins.ts";
import type { Silicon, SiliconHost } from "../rom/chip.ts";
import { createInterpreterPins, type InterpreterPins } from "./interpreter-pins.ts";

export interface InterpreterSiliconOptions {
  /** The Linux build of the interpreter. */
  bin: string;
  /** The whole of its environment, limits of memory and stack included. */
  environment: NodeJS.ProcessEnv;
  host: SiliconHost;
  pins: Pins;
  /** The host's, in whose time the interpreter lives. */
  clock: Clock;
}

export interface InterpreterSilicon extends Silicon {
  /** For good: the folder goes too. */
  close(): void;
}

const FLASH_FILE = "espruino.flash";
/** On a host this ends the interpreter when it comes twice; what it does on a chip is to forget the line begun, which this does as well. */
const CONTROL_C = "\x03";
const FORGET_LINE = "\x1b[2H";
/** Whatever kills us kills the interpreter too, which would spin for ever; where this program is not installed, it does. */
const GUARD = ["/usr/bin/setpriv", "--pdeathsig", "KILL"] as const;
/** Looks at a dying child; far more than it ever takes. */
const LOOKS_MAX = 10_000;

export function createInterpreterSilicon(options: InterpreterSiliconOptions): InterpreterSilicon {
  return new ChildSilicon(options);
}

class ChildSilicon implements InterpreterSilicon {
  readonly #options: InterpreterSiliconOptions;
  readonly #folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-interpreter-"));
  readonly #pins: InterpreterPins;
  #child: ChildProcess | undefined;

  constructor(options: InterpreterSiliconOptions) {
    this.#options = options;
    const { pins, clock } = options;
    this.#pins = createInterpreterPins({ pins, clock, folder: this.#folder });
  }

  start(): void {
    this.stop();
    const { bin, environment: env, host } = this.#options;
    fs.writeFileSync(this.#flashFile, host.flash.view(0, FLASH_BYTES));
    this.#pins.begin();
    const command = [...(fs.existsSync(GUARD[0]) ? GUARD : []), path.resolve(bin)];
    const child = spawn(command[0]!, command.slice(1), { cwd: this.#folder, env, stdio: ["pipe", "pipe", "ignore"] });
    this.#child = child;
    const isCurrent = () => this.#child === child;
    child.stdout?.on("data", (bytes: Buffer) => {
      if (!isCurrent()) return;
      host.send(bytes);
      const keys = this.#pins.hear(bytes.toString("latin1"));
      if (keys !== undefined) child.stdin?.write(keys, "latin1");
    });
    // What is typed into a child that is about to be gone is lost, as on a chip in reset.
    child.stdin?.on("error", () => child.stdin?.destroy());
    child.once("error", (error) => {
      if (isCurrent()) host.send(Buffer.from(`\r\nno interpreter: ${error.message}\r\n`));
    });
    child.once("exit", () => {
      if (!isCurrent()) return;
      this.#keepFlash();
      this.#pins.end();
      this.#child = undefined;
      host.reset("software");
    });
  }

  stop(): void {
    const child = this.#child;
    this.#child = undefined;
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      waitUntilDead(child.pid);
      this.#keepFlash();
    }
    this.#pins.end();
  }

  receive(bytes: Uint8Array): void {
    const keys = Buffer.from(bytes).toString("latin1").replaceAll(CONTROL_C, FORGET_LINE);
    if (this.#child?.stdin?.writable) this.#child.stdin.write(Buffer.from(keys, "latin1"));
  }

  close(): void {
    this.stop();
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }

  get #flashFile(): string {
    return path.join(this.#folder, FLASH_FILE);
  }

  /** What it has written is on the chip from here on. */
  #keepFlash(): void {
    const file = fs.readFileSync(this.#flashFile);
    if (file.length === FLASH_BYTES) copyChanges(file, this.#options.host.flash);
  }
}

/** Programs where bits only fall, and erases before where they do not. */
function copyChanges(wanted: Uint8Array, flash: Flash): void {
  for (let at = 0; at < FLASH_BYTES; at += FLASH_PAGE_BYTES) {
    const page = wanted.subarray(at, at + FLASH_PAGE_BYTES);
    const now = flash.view(at, FLASH_PAGE_BYTES);
    if (Buffer.compare(page, now) === 0) continue;
    if (page.some((byte, i) => (byte & now[i]!) !== byte)) flash.erasePage(at);
    flash.program(at, page);
  }
}

/**
 * A killed process may still be in the middle of a write; when the system holds it as dead, it is not. The child is ours and not yet waited
 * for, so its number is nobody else's.
 */
function waitUntilDead(pid: number): void {
  for (let look = 0; look < LOOKS_MAX; look++) {
    let status: string;
    try {
      status = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
    } catch {
      return;
    }
    const state = status.charAt(status.lastIndexOf(")") + 2);
    if (state === "Z" || state === "X") return;
  }
}
