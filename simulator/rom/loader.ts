// Owns what the loader in ROM and the uploaded stub have in common: the surroundings they act on, a table of commands, and the commands that are
// the same in both. Their answers, statuses and ways of writing are in rom-loader.ts and stub.ts.
import type { Flash } from "../board/flash.ts";
import { DATA_HEADER_BYTES, dataChecksum, encodeResponse, type Packet, readWords, viewOf } from "./packets.ts";
import type { Registers } from "./registers.ts";

export interface LoaderHost {
  readonly flash: Flash;
  readonly registers: Registers;
  /** A frame, not yet framed. */
  sendFrame(frame: Uint8Array): void;
  setBaud(baud: number): void;
  /** A reset by software: the straps are not sampled again, so it comes back as a loader. */
  restart(): void;
  /** The loader is left, and the chip boots what is in flash. */
  leave(): void;
  /** Uploaded code begins. */
  runStub(): void;
}

/** Nothing but a whole command with the right checksum changes anything [CHIP-3]. */
export interface Loader {
  /** One frame from the tool; whatever it holds, it is answered or ignored. @throws PowerCutError */
  receive(frame: Uint8Array): void;
}

/** What a command comes to. `afterwards` runs after the answer is sent. */
export interface Answer {
  value?: number;
  data?: Uint8Array;
  /** Nothing where it succeeded; else the loader's own number. */
  error?: number;
  afterwards?: () => void;
}

export type Command = (packet: Packet) => Answer;
export type Commands = Readonly<Record<number, Command>>;

/** A command whose request is words: at least `count[0]` and at most `count[1]`, else it is refused with `error`. */
export function onWords(count: readonly [number, number], error: number, act: (words: number[]) => Answer): Command {
  return ({ data }) => {
    const words = data.length % 4 === 0 ? data.length / 4 : -1;
    return words >= count[0] && words <= count[1] ? act(readWords(data)) : { error };
  };
}

const NO_DATA = new Uint8Array();

/** @param status makes the last bytes of the answer from the loader's number, 0 being success */
export function respond(
  host: LoaderHost,
  op: number,
  answer: Answer,
  status: (error: number) => readonly number[],
): void {
  const data = answer.error === undefined ? (answer.data ?? NO_DATA) : NO_DATA;
  host.sendFrame(encodeResponse(op, answer.value ?? 0, data, status(answer.error ?? 0)));
  if (answer.error === undefined) answer.afterwards?.();
}

/** The bytes of a data command, and whether header and checksum fit them. */
export function readBlock(packet: Packet): { block: Uint8Array; sequence: number; fits: boolean; isIntact: boolean } {
  const [length = -1, sequence = 0] = readWords(packet.data.subarray(0, DATA_HEADER_BYTES));
  const block = packet.data.subarray(DATA_HEADER_BYTES);
  return { block, sequence, fits: length === block.length, isIntact: dataChecksum(block) === packet.checksum };
}

/** Records of address, value, mask and a delay in microseconds, which no simulated register needs. */
export function writeRegisters(registers: Registers, words: number[]): void {
  for (let at = 0; at + 4 <= words.length; at += 4) {
    registers.write(words[at]!, words[at + 1]!, words[at + 2]!);
  }
}

/** Code and data that a tool puts into RAM. */
export interface RamUpload {
  begin(length: number, address: number): void;
  /** False where more comes than was said. */
  write(block: Uint8Array): boolean;
}

export function createRamUpload(registers: Registers): RamUpload {
  let address = 0;
  let left = 0;
  return {
    begin(length, to) {
      address = to;
      left = length;
    },
    write(block) {
      if (block.length > left) return false;
      const padded = new Uint8Array(Math.ceil(block.length / 4) * 4);
      padded.set(block);
      const view = viewOf(padded);
      for (let at = 0; at < padded.length; at += 4) registers.write(address + at, view.getUint32(at, true));
      address += block.length;
      left -= block.length;
      return true;
    },
  };
}
