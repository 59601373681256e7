// Owns the loader that tools put into RAM and run instead of the ROM's: two bytes of status, a block is acknowledged before it is written and what
// goes wrong then is told at the next command, pages are erased just before they are needed, and flash is read in a stream.
import { FLASH_BYTES, FLASH_PAGE_BYTES, type Flash } from "../board/flash.ts";
import { createInflater, type Inflater } from "./inflate.ts";
import {
  type Answer,
  type Command,
  type Commands,
  createRamUpload,
  type Loader,
  type LoaderHost,
  onWords,
  readBlock,
  respond,
  writeRegisters,
} from "./loader.ts";
import { DATA_HEADER_BYTES, OP, type Packet, parsePacket } from "./packets.ts";
import { eraseRange, hashMd5, isPageBlank, readRange, writeRange } from "./spi-flash.ts";
import { createFlashStream, type FlashStream } from "./stub-read.ts";

const ERROR = {
  badLength: 0xc000,
  badChecksum: 0xc100,
  invalidCommand: 0xc300,
  flash: 0xc400,
  notWriting: 0xc600,
  inflate: 0xc700,
  notEnough: 0xc800,
  tooMuch: 0xc900,
  notImplemented: 0xff00,
} as const;

const SYNC_BYTES = 36;
const SYNC_ANSWERS = 8;
const REGISTER_WORDS_MAX = 256;
const READ_PACKET_BYTES_MAX = 4096;
/** Decompressed bytes are written when there are this many, or at the end. */
const WINDOW_BYTES = 0x8000;

interface Writing {
  at: number;
  left: number;
  /** The first page that is not yet erased. */
  eraseAt: number;
  /** Once a page was found written, the rest is erased without looking. */
  isDirty: boolean;
  inflater: Inflater | undefined;
  /** Decompressed, and not yet written. */
  pending: Uint8Array;
}

interface State {
  writing: Writing | undefined;
  reading: FlashStream | undefined;
  /** What went wrong after the last answer; the next command is not run but answered with it. */
  late: number | undefined;
}

export function createStub(host: LoaderHost): Loader {
  const state: State = { writing: undefined, reading: undefined, late: undefined };
  const commands: Commands = {
    ...listChipCommands(host),
    ...listFlashCommands(host, state),
    ...listWriteCommands(host, state),
  };
  return {
    receive(frame) {
      if (state.reading !== undefined) {
        if (state.reading.receive(frame) === "over") state.reading = undefined;
        return;
      }
      const packet = parsePacket(frame);
      if (packet !== undefined) answerPacket(host, state, commands, packet);
    },
  };
}

function answerPacket(host: LoaderHost, state: State, commands: Commands, packet: Packet): void {
  // It is for another chip, and is never answered.
  const isUnheard = packet.op === OP.RUN_USER_CODE && state.late === undefined;
  if (isUnheard) return;
  const answer = findAnswer(state, commands, packet);
  const count = packet.op === OP.SYNC && answer.error === undefined ? SYNC_ANSWERS : 1;
  for (let i = 0; i < count; i++) respond(host, packet.op, answer, toStatus);
}

function findAnswer(state: State, commands: Commands, packet: Packet): Answer {
  if (!packet.isRequest) return { error: ERROR.invalidCommand };
  if (packet.length !== packet.data.length) return { error: ERROR.badLength };
  if (state.late !== undefined) {
    const error = state.late;
    state.late = undefined;
    return { error };
  }
  return commands[packet.op]?.(packet) ?? { error: ERROR.invalidCommand };
}

/** Big-endian, unlike all else. */
function toStatus(error: number): number[] {
  return [error >> 8, error & 0xff];
}

function onStubWords(least: number, most: number, act: (words: number[]) => Answer): Command {
  return onWords([least, most], ERROR.badLength, act);
}

function listChipCommands(host: LoaderHost): Commands {
  const { registers } = host;
  const ram = createRamUpload(registers);
  return {
    [OP.SYNC]: ({ data }) => (data.length === SYNC_BYTES ? {} : { error: ERROR.badLength }),
    [OP.READ_REG]: onStubWords(1, 1, ([address = 0]) => ({ value: registers.read(address) })),
    [OP.WRITE_REG]: onStubWords(4, REGISTER_WORDS_MAX, (words) => {
      writeRegisters(registers, words);
      return {};
    }),
    [OP.MEM_BEGIN]: onStubWords(4, 4, ([size = 0, , , address = 0]) => {
      ram.begin(size, address);
      return {};
    }),
    [OP.MEM_DATA]: (packet) => {
      const { block, fits } = readBlock(packet);
      return fits && ram.write(block) ? {} : { error: ERROR.tooMuch };
    },
    [OP.MEM_END]: onStubWords(2, 2, ([stay, entry = 0]) => ({
      afterwards: () => {
        if (stay === 0 && registers.holds(entry)) host.runStub();
      },
    })),
    [OP.CHANGE_BAUDRATE]: onStubWords(2, 2, ([baud = 0]) => ({
      afterwards: () => {
        if (baud > 0) host.setBaud(baud);
      },
    })),
    [OP.SPI_ATTACH]: onStubWords(1, 2, () => ({})),
    [OP.SPI_SET_PARAMS]: onStubWords(6, 6, () => ({})),
    [OP.GET_SECURITY_INFO]: () => ({ error: ERROR.notImplemented }),
  };
}

function listFlashCommands(host: LoaderHost, state: State): Commands {
  const { flash } = host;
  return {
    [OP.SPI_FLASH_MD5]: onStubWords(4, 4, ([address = 0, length = 0]) => {
      const bytes = readRange(flash, address, length);
      return bytes === undefined ? { error: ERROR.flash } : { data: hashMd5(bytes) };
    }),
    [OP.ERASE_FLASH]: () => (eraseRange(flash, 0, FLASH_BYTES) ? {} : { error: ERROR.flash }),
    [OP.ERASE_REGION]: onStubWords(2, 2, ([address = 0, length = 0]) => {
      if (address % FLASH_PAGE_BYTES !== 0 || length % FLASH_PAGE_BYTES !== 0) return { error: ERROR.badLength };
      return eraseRange(flash, address, length) ? {} : { error: ERROR.flash };
    }),
    [OP.READ_FLASH]: onStubWords(4, 4, ([address = 0, length = 0, packetBytes = 0]) => ({
      afterwards: () => {
        const bytes = readRange(flash, address, length);
        if (packetBytes === 0 || packetBytes > READ_PACKET_BYTES_MAX) state.late = ERROR.badLength;
        else if (bytes === undefined) state.late = ERROR.flash;
        else if (length === 0) host.sendFrame(hashMd5(bytes));
        else state.reading = createFlashStream(bytes, packetBytes, host.sendFrame);
      },
    })),
  };
}

function listWriteCommands(host: LoaderHost, state: State): Commands {
  const { flash } = host;
  return {
    [OP.FLASH_BEGIN]: onStubWords(4, 5, (words) => begin(flash, state, words, false)),
    [OP.FLASH_DEFL_BEGIN]: onStubWords(4, 5, (words) => begin(flash, state, words, true)),
    [OP.FLASH_DATA]: (packet) =>
      onBlock(state, packet, (writing, block) => write(flash, writing, block.subarray(0, writing.left))),
    [OP.FLASH_DEFL_DATA]: (packet) =>
      onBlock(state, packet, (writing, block) => (writing.inflater ? inflate(flash, writing, block) : ERROR.inflate)),
    [OP.FLASH_END]: onStubWords(1, 1, ([stay]) => end(host, state, stay)),
    [OP.FLASH_DEFL_END]: onStubWords(1, 1, ([stay]) => end(host, state, stay)),
  };
}

/** The block is acknowledged when it is here; `act` runs while the tool already sends the next. */
function onBlock(
  state: State,
  packet: Packet,
  act: (writing: Writing, block: Uint8Array) => number | undefined,
): Answer {
  const { writing } = state;
  if (packet.data.length < DATA_HEADER_BYTES) return { error: ERROR.notEnough };
  if (writing === undefined) return { error: ERROR.notWriting };
  const { block, fits, isIntact } = readBlock(packet);
  if (!fits) return { error: ERROR.tooMuch };
  if (!isIntact) return { error: ERROR.badChecksum };
  return {
    afterwards: () => {
      state.late = act(writing, block);
    },
  };
}

function begin(flash: Flash, state: State, words: number[], isDeflated: boolean): Answer {
  const [size = 0, , , address = 0] = words;
  const writing: Writing = {
    at: address,
    left: size,
    eraseAt: address - (address % FLASH_PAGE_BYTES),
    isDirty: false,
    inflater: undefined,
    pending: new Uint8Array(),
  };
  if (isDeflated) {
    writing.inflater = createInflater((bytes) => {
      writing.pending = Buffer.concat([writing.pending, bytes]);
    });
  }
  state.writing = writing;
  return size === 0 || readRange(flash, address, size) !== undefined ? {} : { error: ERROR.flash };
}

/** @returns the error that the next command will be answered with */
function write(flash: Flash, writing: Writing, bytes: Uint8Array): number | undefined {
  while (writing.eraseAt < writing.at + bytes.length) {
    if (writing.eraseAt >= FLASH_BYTES) return ERROR.flash;
    writing.isDirty ||= !isPageBlank(flash, writing.eraseAt);
    if (writing.isDirty) flash.erasePage(writing.eraseAt);
    writing.eraseAt += FLASH_PAGE_BYTES;
  }
  if (!writeRange(flash, writing.at, bytes)) return ERROR.flash;
  writing.at += bytes.length;
  writing.left -= bytes.length;
  return undefined;
}

function inflate(flash: Flash, writing: Writing, block: Uint8Array): number | undefined {
  const verdict = writing.inflater?.push(block);
  if (verdict === "broken" || verdict === "adler") return ERROR.inflate;
  while (writing.pending.length >= WINDOW_BYTES || (verdict === "done" && writing.pending.length > 0)) {
    const bytes = writing.pending.subarray(0, WINDOW_BYTES);
    writing.pending = writing.pending.subarray(bytes.length);
    const error = bytes.length > writing.left ? ERROR.tooMuch : write(flash, writing, bytes);
    if (error !== undefined) return error;
  }
  return undefined;
}

/** 0 restarts into the ROM's loader, the straps being kept; anything else only leaves writing. */
function end(host: LoaderHost, state: State, stay: number | undefined): Answer {
  if (state.writing === undefined) return { error: ERROR.notWriting };
  if (state.writing.left !== 0) return { error: ERROR.badLength };
  state.writing = undefined;
  return stay === 0 ? { afterwards: () => host.restart() } : {};
}
