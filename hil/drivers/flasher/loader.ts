// Owns one conversation with the loader of a chip: reached, asked who it is, brought to its stub and to speed, written to and read back. The
// protocol is esptool-js's; which board may be written to, and trying again, is flash-job.ts's.
import { ClassicReset, ESPLoader } from "esptool-js";
import { type Clock, pause } from "../../clock.ts";
import { CONSOLE_BAUD, type Port } from "../port/port.ts";
import { compressPackets } from "./compress.ts";
import { flashUnknown, noLoader, speedLost, stubMissing, toFlashError } from "./flash-error.ts";
import { LoaderTransport } from "./loader-transport.ts";
import { enterLoaderByLines, noWayToReset } from "./reset-lines.ts";

export interface LoaderOptions {
  port: Port;
  clock: Clock;
  /** Brings the board into its loader where lines do not: by power, with IO0 held. */
  enterLoader?(): Promise<void>;
  /** Ends it, in the middle of whatever it does. */
  signal?: AbortSignal;
}

export interface ChipFacts {
  /** "ESP32". */
  chip: string;
  /** Lower-case with colons. */
  mac: string;
}

export interface Loader extends ChipFacts {
  /** Uploads the stub, unless `baud` is 0: then the ROM does the work. @throws HilError "stub-missing", "speed-lost", "flash-unknown" */
  prepare(baud: number): Promise<void>;
  flashBytes(): number;
  /** Of the flash, in hexadecimal. */
  md5(address: number, bytes: number): Promise<string>;
  /** @param onDone with how many bytes of the data are told */
  write(address: number, data: Uint8Array, onDone: (bytes: number) => void): Promise<void>;
  /** No longer listens; the port has the console's speed. The chip stays where it is. */
  stop(): Promise<void>;
}

const CONNECT_ATTEMPTS = 4;
const SLOW_STRAP_MS = 550;
const ROM_PACKET_BYTES = 0x400;
const STUB_PACKET_BYTES = 0x4000;
const WORD_BYTES = 4;
const OP = { spiParameters: 0x0b, spiAttach: 0x0d, changeBaud: 0x0f, writeBegin: 0x10 } as const;
const COMMAND_MS = 3_000;
const PACKET_MS = 5_000;
const ERASE_MS_PER_BYTE = 30_000 / 1_000_000;
const BAUD_SETTLE_MS = 50;
const CHIP_MAGIC = 0x40001000;
const FLASH_BLOCK = 0x10000;
const FLASH_SECTOR = 0x1000;
const FLASH_PAGE = 0x100;

/** @throws HilError "no-loader", "wrong-boot-mode", "port-gone", "no-way-to-reset" */
export async function connectLoader(options: LoaderOptions): Promise<Loader> {
  const { port, clock } = options;
  options.signal?.throwIfAborted();
  const transport = new LoaderTransport(port, clock, options.signal);
  const esp = createEsp(transport, options);
  try {
    if (options.enterLoader === undefined && !port.hasLines) throw noWayToReset(port);
    await reach(esp, transport, options);
    transport.expectNoReset();
    const mac = (await esp.chip.readMac(esp)).toLowerCase();
    return new EspLoader(esp, transport, options, { chip: esp.chip.CHIP_NAME, mac });
  } catch (error) {
    transport.stop();
    await port.setBaudRate(CONSOLE_BAUD).catch(() => undefined); // what failed is told
    throw toFlashError(error, port.name);
  }
}

function createEsp(transport: LoaderTransport, { port, clock, enterLoader }: LoaderOptions): ESPLoader {
  let attempt = 0;
  const reset = async (): Promise<void> => {
    transport.forgetText();
    attempt += 1;
    await (enterLoader?.() ?? enterLoaderByLines(port, clock, attempt % 2 === 0 ? SLOW_STRAP_MS : undefined));
  };
  const esp = new ESPLoader({
    transport,
    baudrate: CONSOLE_BAUD,
    romBaudrate: CONSOLE_BAUD,
    terminal: { clean: () => undefined, write: () => undefined, writeLine: () => undefined },
    resetConstructors: { classicReset: () => new OwnReset(transport, reset) },
  });
  // A block whose answer was lost must not be told twice: the stream behind it would be another. The whole job is tried again instead.
  esp.WRITE_BLOCK_ATTEMPTS = 1;
  return esp;
}

/** The library's own sets the lines alone, and knows no other way. */
class OwnReset extends ClassicReset {
  readonly #reset: () => Promise<void>;
  constructor(transport: LoaderTransport, reset: () => Promise<void>) {
    super(transport, 0);
    this.#reset = reset;
  }
  override reset(): Promise<void> {
    return this.#reset();
  }
}

async function reach(esp: ESPLoader, transport: LoaderTransport, { port, enterLoader }: LoaderOptions): Promise<void> {
  try {
    // Power taken and given once is enough: what does not answer then has another trouble.
    await esp.detectChip("default_reset", enterLoader === undefined ? CONNECT_ATTEMPTS : 2);
  } catch (error) {
    throw noLoader(error, port.name, transport.text());
  }
}

class EspLoader implements Loader {
  readonly chip: string;
  readonly mac: string;
  readonly #esp: ESPLoader;
  readonly #transport: LoaderTransport;
  readonly #port: Port;
  readonly #clock: Clock;
  #flashBytes = 0;

  constructor(esp: ESPLoader, transport: LoaderTransport, { port, clock }: LoaderOptions, facts: ChipFacts) {
    this.#esp = esp;
    this.#transport = transport;
    this.#port = port;
    this.#clock = clock;
    this.chip = facts.chip;
    this.mac = facts.mac;
  }

  flashBytes(): number {
    return this.#flashBytes;
  }

  async prepare(baud: number): Promise<void> {
    await this.#guard(async () => {
      if (baud > 0) await this.#startStub();
      else await this.#command(OP.spiAttach, [0, 0]);
      this.#esp.FLASH_WRITE_SIZE = this.#esp.IS_STUB ? STUB_PACKET_BYTES : ROM_PACKET_BYTES;
      if (baud > CONSOLE_BAUD && this.#port.hasLines) await this.#changeSpeed(baud);
      await this.#readFlashSize();
    });
  }

  async #startStub(): Promise<void> {
    try {
      await this.#esp.runStub();
    } catch (error) {
      throw stubMissing(error, this.#port.name);
    }
  }

  async #changeSpeed(baud: number): Promise<void> {
    await this.#command(OP.changeBaud, [baud, CONSOLE_BAUD]);
    await this.#transport.connect(baud);
    await pause(this.#clock, BAUD_SETTLE_MS);
    this.#transport.flushInput();
    try {
      await this.#esp.readReg(CHIP_MAGIC, COMMAND_MS / 3);
    } catch (error) {
      throw speedLost(error, this.#port.name, baud);
    }
  }

  async #readFlashSize(): Promise<void> {
    const id = await this.#esp.readFlashId();
    const told = this.#esp.DETECTED_FLASH_SIZES[(id >> 16) & 0xff];
    if (told === undefined) throw flashUnknown(this.#port.name, id);
    this.#flashBytes = Number.parseInt(told, 10) * (told.endsWith("MB") ? 0x100000 : 0x400);
    await this.#command(OP.spiParameters, [0, this.#flashBytes, FLASH_BLOCK, FLASH_SECTOR, FLASH_PAGE, 0xffff]);
  }

  md5(address: number, bytes: number): Promise<string> {
    return this.#guard(async () => {
      const told = await this.#esp.flashMd5sum(address, bytes);
      // The stub tells the sixteen bytes; the ROM tells their letters, of which esptool-js makes hexadecimal once more.
      return this.#esp.IS_STUB ? told : Buffer.from(told, "hex").toString("latin1");
    });
  }

  write(address: number, data: Uint8Array, onDone: (bytes: number) => void): Promise<void> {
    return this.#guard(async () => {
      const padded = padToWord(data);
      const packetBytes = this.#esp.FLASH_WRITE_SIZE;
      const packets = compressPackets(padded, packetBytes);
      // The ROM erases in whole packets, and before it answers.
      const size = this.#esp.IS_STUB ? padded.length : Math.ceil(padded.length / packetBytes) * packetBytes;
      const patienceMs = Math.max(COMMAND_MS, this.#esp.IS_STUB ? 0 : size * ERASE_MS_PER_BYTE);
      await this.#command(OP.writeBegin, [size, packets.length, packetBytes, address], patienceMs);
      for (const [at, packet] of packets.entries()) {
        await this.#esp.flashDeflBlock(packet.bytes, at, PACKET_MS);
        onDone(Math.min(packet.done, data.length));
      }
      // The stub tells now whether the last packet could be written. To the ROM it would mean to leave.
      if (this.#esp.IS_STUB) await this.#esp.flashDeflFinish(false, PACKET_MS);
    });
  }

  async stop(): Promise<void> {
    this.#transport.stop();
    await this.#port.setBaudRate(CONSOLE_BAUD);
  }

  async #command(op: number, words: number[], timeoutMs = COMMAND_MS): Promise<void> {
    const data = Buffer.alloc(words.length * WORD_BYTES);
    for (const [at, word] of words.entries()) data.writeUInt32LE(word, at * WORD_BYTES);
    await this.#esp.checkCommand(`do command 0x${op.toString(16)}`, op, data, 0, 0, timeoutMs);
  }

  async #guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toFlashError(error, this.#port.name);
    }
  }
}

function padToWord(data: Uint8Array): Uint8Array {
  if (data.length % WORD_BYTES === 0) return data;
  const padded = new Uint8Array(Math.ceil(data.length / WORD_BYTES) * WORD_BYTES).fill(0xff);
  padded.set(data);
  return padded;
}
