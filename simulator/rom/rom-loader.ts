// Owns the loader in the chip's ROM: its commands, its four bytes of status, and that everything is done before it is answered. It erases a
// range when writing begins, writes each block before its answer, and knows neither erasing nor fast reading by themselves.
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
import { OP, parsePacket } from "./packets.ts";
import { MEASURED_XTAL_HZ, REAL_XTAL_HZ } from "./registers.ts";
import { eraseRange, hashMd5, readRange, writeRange } from "./spi-flash.ts";

const ERROR = {
  invalidMessage: 0x05,
  failedToAct: 0x06,
  badChecksum: 0x07,
  flashWrite: 0x08,
  flashRead: 0x09,
  readLength: 0x0a,
  deflate: 0x0b,
  adler: 0x0c,
  deflateParameters: 0x0d,
} as const;

/** Not zero: that is how a tool tells the ROM from a stub that is running already. */
const SYNC_VALUE = 0x20120707;
const SYNC_BYTES = 36;
const SYNC_ANSWERS = 8;
/** An unknown command is answered this often, under no command's number. */
const UNKNOWN_ANSWERS = 8;
const SLOW_READ_BYTES = 64;
const REGISTER_WORDS_MAX = 256;

interface Writing {
  at: number;
  left: number;
  inflater: Inflater | undefined;
  /** False once the flash refused something of the block at hand. */
  isWritten: boolean;
}

interface State {
  isAttached: boolean;
  writing: Writing | undefined;
}

export function createRomLoader(host: LoaderHost): Loader {
  const state: State = { isAttached: false, writing: undefined };
  const commands: Commands = {
    ...listChipCommands(host),
    ...listFlashCommands(host, state),
    ...listWriteCommands(host, state),
  };
  return {
    receive(frame) {
      const packet = parsePacket(frame);
      if (packet === undefined || !packet.isRequest) return;
      const command = packet.length === packet.data.length ? commands[packet.op] : undefined;
      if (command === undefined) {
        for (let i = 0; i < UNKNOWN_ANSWERS; i++) respond(host, 0, { error: ERROR.invalidMessage }, toStatus);
        return;
      }
      const answer = command(packet);
      const count = packet.op === OP.SYNC && answer.error === undefined ? SYNC_ANSWERS : 1;
      for (let i = 0; i < count; i++) respond(host, packet.op, answer, toStatus);
    },
  };
}

function toStatus(error: number): number[] {
  return error === 0 ? [0, 0, 0, 0] : [1, error, 0, 0];
}

function onRomWords(least: number, most: number, act: (words: number[]) => Answer): Command {
  return onWords([least, most], ERROR.invalidMessage, act);
}

function listChipCommands(host: LoaderHost): Commands {
  const { registers } = host;
  const ram = createRamUpload(registers);
  return {
    [OP.SYNC]: ({ data }) => (data.length === SYNC_BYTES ? { value: SYNC_VALUE } : { error: ERROR.invalidMessage }),
    [OP.READ_REG]: onRomWords(1, 1, ([address = 0]) => ({ value: registers.read(address) })),
    [OP.WRITE_REG]: onRomWords(4, REGISTER_WORDS_MAX, (words) => {
      writeRegisters(registers, words);
      return {};
    }),
    [OP.MEM_BEGIN]: onRomWords(4, 4, ([size = 0, , , address = 0]) => {
      ram.begin(size, address);
      return {};
    }),
    [OP.MEM_DATA]: (packet) => {
      const { block, fits, isIntact } = readBlock(packet);
      if (!fits) return { error: ERROR.invalidMessage };
      if (!isIntact) return { error: ERROR.badChecksum };
      return ram.write(block) ? {} : { error: ERROR.failedToAct };
    },
    // Code that was never put there cannot run: the chip stays silent, as one that has crashed.
    [OP.MEM_END]: onRomWords(2, 2, ([stay, entry = 0]) => ({
      afterwards: () => {
        if (stay === 0 && registers.holds(entry)) host.runStub();
      },
    })),
    [OP.CHANGE_BAUDRATE]: onRomWords(2, 2, ([baud = 0]) => {
      const real = Math.round((baud * REAL_XTAL_HZ) / MEASURED_XTAL_HZ);
      return real > 0 ? { afterwards: () => host.setBaud(real) } : { error: ERROR.failedToAct };
    }),
  };
}

function listFlashCommands(host: LoaderHost, state: State): Commands {
  const { flash } = host;
  return {
    [OP.SPI_ATTACH]: onRomWords(1, 2, () => {
      state.isAttached = true;
      return {};
    }),
    [OP.SPI_SET_PARAMS]: onRomWords(6, 6, () => ({})),
    [OP.READ_FLASH_SLOW]: onRomWords(2, 2, ([address = 0, length = 0]) => {
      if (length > SLOW_READ_BYTES) return { error: ERROR.readLength };
      const bytes = state.isAttached ? readRange(flash, address, length) : undefined;
      if (bytes === undefined) return { error: ERROR.flashRead };
      const data = new Uint8Array(SLOW_READ_BYTES);
      data.set(bytes);
      return { data };
    }),
    [OP.SPI_FLASH_MD5]: onRomWords(4, 4, ([address = 0, length = 0]) => {
      const bytes = state.isAttached ? readRange(flash, address, length) : undefined;
      if (bytes === undefined) return { error: ERROR.flashRead };
      return { data: new TextEncoder().encode(Buffer.from(hashMd5(bytes)).toString("hex")) };
    }),
  };
}

function listWriteCommands(host: LoaderHost, state: State): Commands {
  return {
    [OP.FLASH_BEGIN]: onRomWords(4, 5, (words) => begin(host, state, words, false)),
    [OP.FLASH_DEFL_BEGIN]: onRomWords(4, 5, (words) => begin(host, state, words, true)),
    [OP.FLASH_DATA]: (packet) => {
      const { block, fits, isIntact } = readBlock(packet);
      const { writing } = state;
      if (!fits || writing === undefined || writing.inflater !== undefined) return { error: ERROR.invalidMessage };
      if (!isIntact) return { error: ERROR.badChecksum };
      return write(host, writing, block) ? {} : { error: ERROR.flashWrite };
    },
    [OP.FLASH_DEFL_DATA]: (packet) => {
      const { block, fits, isIntact } = readBlock(packet);
      const { writing } = state;
      if (!fits || writing?.inflater === undefined) return { error: ERROR.deflateParameters };
      if (!isIntact) return { error: ERROR.badChecksum };
      const verdict = writing.inflater.push(block);
      if (!writing.isWritten) return { error: ERROR.flashWrite };
      return verdict === "broken" ? { error: ERROR.deflate } : verdict === "adler" ? { error: ERROR.adler } : {};
    },
    [OP.FLASH_END]: onRomWords(1, 1, ([stay]) => end(host, state, stay)),
    [OP.FLASH_DEFL_END]: onRomWords(1, 1, ([stay]) => end(host, state, stay)),
  };
}

/** Erases at once: that is why tools wait so long for this answer. */
function begin(host: LoaderHost, state: State, words: number[], isDeflated: boolean): Answer {
  const [size = 0, , , address = 0] = words;
  if (size > 0 && !state.isAttached) return { error: ERROR.failedToAct };
  if (size > 0 && !eraseRange(host.flash, address, size)) return { error: ERROR.failedToAct };
  const writing: Writing = { at: address, left: size, inflater: undefined, isWritten: true };
  if (isDeflated) {
    writing.inflater = createInflater((bytes) => {
      writing.isWritten &&= write(host, writing, bytes);
    });
  }
  state.writing = writing;
  return {};
}

/** What goes beyond the range that was begun was not erased either. */
function write(host: LoaderHost, writing: Writing, block: Uint8Array): boolean {
  if (!writeRange(host.flash, writing.at, block)) return false;
  writing.at += block.length;
  writing.left -= block.length;
  return true;
}

/** 0 restarts, 1 leaves the loader; both leave writing. */
function end(host: LoaderHost, state: State, stay: number | undefined): Answer {
  if (state.writing === undefined) return { error: ERROR.failedToAct };
  state.writing = undefined;
  return { afterwards: stay === 0 ? () => host.restart() : () => host.leave() };
}
