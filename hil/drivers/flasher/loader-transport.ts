// Owns the wire of esptool-js over a port of the bench: frames out and in, in place of its own, which polls, prints what it does, and knows
// browsers' ports alone. A port that ends, and a chip that starts anew in the middle, end a read at once.
import { ESPError, Transport } from "esptool-js";
import { type Clock, pause } from "../../clock.ts";
import { HilError } from "../../error.ts";
import type { Port } from "../port/port.ts";
import { gone } from "../port/port-link.ts";
import { createSlipFrames, encodeSlip } from "./slip-frames.ts";

/** A bench far away, or busy, answers later than a cable. */
const SLACK_MS = 150;
const BOOT_LOG = /rst:0x[0-9a-f]+ \([A-Z0-9_]+\)/i;

interface Reading {
  resolve(frame: Uint8Array): void;
  reject(error: unknown): void;
}

export class LoaderTransport extends Transport {
  readonly #port: Port;
  readonly #clock: Clock;
  readonly #slip = createSlipFrames();
  readonly #stops: (() => void)[];
  #frames: Uint8Array[] = [];
  #reading: Reading | undefined;
  #broken: { error: unknown } | undefined;
  #isTalking = false;

  constructor(port: Port, clock: Clock, signal?: AbortSignal) {
    // The device is never asked: everything that would is replaced below.
    super(NO_DEVICE);
    this.#port = port;
    this.#clock = clock;
    const abort = (): void => this.#fail(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    this.#stops = [
      port.onBytes((bytes) => this.#hear(bytes)),
      port.onEnd((reason) => this.#end(reason)),
      () => signal?.removeEventListener("abort", abort),
    ];
  }

  /** From now on a boot log is a chip that started anew in the middle. */
  expectNoReset(): void {
    this.forgetText();
    this.#isTalking = true;
  }

  /** What the chip wrote beside frames, since `forgetText`. */
  text(): string {
    return this.#slip.text();
  }

  forgetText(): void {
    this.#slip.forgetText();
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#end("the flasher is done with it");
  }

  #hear(bytes: Uint8Array): void {
    this.#frames.push(...this.#slip.read(bytes));
    if (this.#isTalking && BOOT_LOG.test(this.#slip.text())) this.#fail(restarted(this.#port.name, this.#slip.text()));
    const next = this.#reading === undefined ? undefined : this.#frames.shift();
    if (next !== undefined) this.#reading?.resolve(next);
  }

  #end(reason: string): void {
    this.#fail(gone(this.#port.name, reason));
  }

  #fail(error: unknown): void {
    this.#broken ??= { error };
    this.#reading?.reject(this.#broken.error);
  }

  override async write(data: Uint8Array): Promise<void> {
    if (this.#broken) throw this.#broken.error;
    await this.#port.write(encodeSlip(data));
  }

  /** The next frame. @throws ESPError where none comes in time, HilError where none can come any more */
  override read(timeoutMs: number): Promise<Uint8Array> {
    if (this.#broken) return Promise.reject(this.#broken.error);
    const next = this.#frames.shift();
    if (next !== undefined) return Promise.resolve(next);
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        forget();
        this.#reading = undefined;
      };
      const forget = this.#clock.setTimer(timeoutMs + SLACK_MS, () => {
        finish();
        reject(new ESPError(`no answer within ${timeoutMs + SLACK_MS} ms`));
      });
      this.#reading = {
        resolve: (frame) => {
          finish();
          resolve(frame);
        },
        reject: (error) => {
          finish();
          reject(error);
        },
      };
    });
  }

  override flushInput(): void {
    this.#frames = [];
    this.#slip.drop();
  }

  override async drainInput(quietMs = 100): Promise<void> {
    await pause(this.#clock, quietMs);
    this.flushInput();
  }

  override peek(): Uint8Array {
    return Buffer.from(this.#slip.text(), "latin1");
  }

  override inWaiting(): number {
    return this.#frames.length;
  }

  override async connect(baud = 115_200): Promise<void> {
    await this.#port.setBaudRate(baud);
    this.baudrate = baud;
  }

  override async changeBaudrate(baud: number): Promise<boolean> {
    await this.connect(baud);
    return false;
  }

  override async setRTS(state: boolean): Promise<void> {
    await this.#port.setLines({ rts: state });
  }

  override async setDTR(state: boolean): Promise<void> {
    await this.#port.setLines({ dtr: state });
  }

  override async setSignals(dtr?: boolean, rts?: boolean): Promise<void> {
    await this.#port.setLines({ dtr, rts });
  }

  override getInfo(): string {
    return this.#port.name;
  }

  override getVid(): undefined {
    return undefined;
  }

  override getPid(): undefined {
    return undefined;
  }

  override trace(): void {
    // It would print to the terminal, whoever else writes there.
  }

  override async readLoop(): Promise<void> {
    // Bytes come by themselves.
  }

  override async waitForUnlock(): Promise<void> {
    // Nothing is locked.
  }

  override async disconnect(): Promise<void> {
    // The port is its owner's to close.
  }
}

const NO_DEVICE = { getInfo: () => ({}) };

function restarted(name: string, text: string): HilError {
  const log = text.slice(text.search(BOOT_LOG)).split("\r\n")[0] ?? "";
  return new HilError(
    "infrastructure",
    "board-restarted",
    `The board on ${name} started anew while it was being flashed (${log}). Look at its power supply and its EN line.`,
  );
}
