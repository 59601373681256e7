// A chip on a bench without wires: a simulated clock, flash, a silicon that only says that it was started, and a flashing tool in its simplest
// form. What public tools make of the chip is tested with themselves, in esptool-js.test.ts and esptool.test.ts.
import { createSimClock, type SimClock } from "../../../simulator/board/clock.ts";
import { createFlash, type Flash } from "../../../simulator/board/flash.ts";
import { type Chip, createChip, type SiliconHost } from "../../../simulator/rom/chip.ts";
import { dataChecksum, OP, viewOf } from "../../../simulator/rom/packets.ts";
import { createSlipReader, encodeSlip } from "../../../simulator/rom/slip.ts";
import { createStandInImages } from "../../../simulator/rom/stand-in-images.ts";

export const MAC = "24:0a:c4:12:34:56";
export const BAUD = 115_200;

export interface Answered {
  op: number;
  value: number;
  /** With the status at its end. */
  data: Uint8Array;
}

export interface Tool {
  chip: Chip;
  clock: SimClock;
  flash: Flash;
  silicon: SiliconHost;
  /** What the silicon was told: "start power-on", "stop", "receive hello". */
  told: string[];
  /** All text since the last call, frames and all. */
  takeText(): string;
  /** Frames since the last call. */
  takeFrames(): Uint8Array[];
  /** The speed of the last bytes from the chip. */
  baud(): number;
  /** Power on with IO0 as told, and time for the ROM to speak. */
  powerOn(mode: "flash" | "download"): void;
  sendFrame(frame: Uint8Array, baud?: number): void;
  /** One command and what came back for it. */
  command(op: number, data: Uint8Array, checksum?: number): Answered[];
  /** The only answer, or an error that shows what came instead. */
  ask(op: number, ...words: number[]): Answered;
  /** A block with its header and checksum. */
  askBlock(op: number, sequence: number, block: Uint8Array): Answered;
  runStub(): void;
}

export function createTool(image?: Uint8Array): Tool {
  const clock = createSimClock();
  const flash = createFlash(image ? { image } : {});
  const told: string[] = [];
  const bytes: number[] = [];
  const frames: Uint8Array[] = [];
  const reader = createSlipReader((frame) => frames.push(frame));
  let host: SiliconHost | undefined;
  let baud = 0;
  const chip = createChip({
    clock,
    flash,
    mac: MAC,
    createSilicon(of) {
      host = of;
      return {
        start: (reason) => void told.push(`start ${reason}`),
        stop: () => void told.push("stop"),
        receive: (heard) => void told.push(`receive ${Buffer.from(heard).toString("latin1")}`),
      };
    },
    onSend(sent, at) {
      baud = at;
      bytes.push(...sent);
      reader.push(sent);
    },
  });
  if (host === undefined) throw new Error("the chip made no silicon");
  const tool: Tool = {
    chip,
    clock,
    flash,
    silicon: host,
    told,
    takeText: () => Buffer.from(bytes.splice(0)).toString("latin1"),
    takeFrames: () => frames.splice(0),
    baud: () => baud,
    powerOn(mode) {
      chip.setIo0(mode === "flash");
      chip.setPower(true);
      clock.advance(10);
    },
    sendFrame: (frame, at = BAUD) => chip.receive(encodeSlip(frame), at),
    command(op, data, checksum = 0) {
      frames.length = 0;
      tool.sendFrame(encodeRequest(op, data, checksum));
      return frames.splice(0).filter(isAnswer).map(decodeAnswer);
    },
    ask(op, ...words) {
      return single(tool.command(op, encodeWords(...words)));
    },
    askBlock(op, sequence, block) {
      const data = Buffer.concat([encodeWords(block.length, sequence, 0, 0), block]);
      return single(tool.command(op, data, dataChecksum(block)));
    },
    runStub() {
      tool.ask(OP.MEM_BEGIN, 8, 1, 0x1800, 0x40090000);
      tool.askBlock(OP.MEM_DATA, 0, new Uint8Array(8));
      tool.command(OP.MEM_END, encodeWords(0, 0x40090000));
    },
  };
  return tool;
}

export function encodeRequest(op: number, data: Uint8Array, checksum = 0): Uint8Array {
  const frame = new Uint8Array(8 + data.length);
  frame[1] = op;
  viewOf(frame).setUint16(2, data.length, true);
  viewOf(frame).setUint32(4, checksum, true);
  frame.set(data, 8);
  return frame;
}

export function encodeWords(...words: number[]): Uint8Array {
  const bytes = new Uint8Array(words.length * 4);
  const view = viewOf(bytes);
  words.forEach((word, i) => {
    view.setUint32(i * 4, word, true);
  });
  return bytes;
}

/** Not one of the bare frames of the stub. */
function isAnswer(frame: Uint8Array): boolean {
  return frame.length > 8 && frame[0] === 1;
}

function decodeAnswer(frame: Uint8Array): Answered {
  return { op: frame[1]!, value: viewOf(frame).getUint32(4, true), data: frame.slice(8) };
}

function single(answers: Answered[]): Answered {
  const [answer] = answers;
  if (answer === undefined || answers.length > 1) throw new Error(`${answers.length} answers instead of one`);
  return answer;
}

/** A chip's flash with the stand-in images on it. */
export function createFlashedImage(images = createStandInImages()): Uint8Array {
  const flash = new Uint8Array(0x400000).fill(0xff);
  for (const { address, bytes } of images) flash.set(bytes, address);
  return flash;
}

/** As every tool greets a loader. */
export const SYNC_DATA = Uint8Array.from([0x07, 0x07, 0x12, 0x20, ...new Array<number>(32).fill(0x55)]);
