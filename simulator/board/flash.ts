// Owns the silicon: 4 MB of NOR flash in pages of 4 KB. Programming clears bits and never sets one, only erasing a page does.
// Every operation is counted and passes a hook that may cut the power before, in the middle of or after it. It leaves to tear.ts what
// half an operation is, to storage.ts what the bytes mean and to flash-file.ts how they outlive the process.
import { applyTear, type Tear, TORN_IN_THE_MIDDLE } from "./tear.ts";

export const FLASH_BYTES = 0x400000;
export const FLASH_PAGE_BYTES = 4096;
/** Programming goes by words: addresses and lengths are multiples of this. */
export const FLASH_WORD_BYTES = 4;
const ERASED_PAGE = new Uint8Array(FLASH_PAGE_BYTES).fill(0xff);

export interface FlashOperation {
  kind: "program" | "erase";
  address: number;
  length: number;
  /** What is programmed; undefined for an erasure. */
  data: Uint8Array | undefined;
  /** 1 for the first operation of this flash. */
  number: number;
}

/** What the hook lets happen: all of it, or a power cut with nothing, half, a named part or all of it done. */
export type FlashVerdict = "run" | "cut-before" | "cut-torn" | Tear | "cut-after";
export type FlashHook = (operation: FlashOperation) => FlashVerdict;

/** Thrown out of the operation at which the hook cut the power: whoever runs on this flash is dead from here on. */
export class PowerCutError extends Error {
  override name = "PowerCutError";
  readonly operation: FlashOperation;
  constructor(operation: FlashOperation) {
    super(`the power was cut at flash operation ${operation.number}`);
    this.operation = operation;
  }
}

/** Everything on the chip at one moment: the pages that are other than at the first `save`, by number. Never changed once made. */
export type FlashState = ReadonlyMap<number, Uint8Array>;

export interface Flash {
  /** A copy. @throws RangeError outside the chip, as every method here. */
  read(address: number, length: number): Uint8Array;
  /** The bytes themselves, to be read at once and never written. */
  view(address: number, length: number): Uint8Array;
  /** Ands `data` onto what is there. Address and length are multiples of 4. @throws PowerCutError */
  program(address: number, data: Uint8Array): void;
  /** Sets the page that holds `address` to 0xFF. @throws PowerCutError */
  erasePage(address: number): void;
  operationCount(): number;
  /** At most one hook; undefined takes it away. */
  setHook(hook: FlashHook | undefined): void;
  /** What is on the chip now; costs as much as there are pages touched since the last time. */
  save(): FlashState;
  /** Back to what was saved from this flash. No operation: nothing is counted or asked. */
  restore(state: FlashState): void;
  /** Lets go of the file, if there is one. */
  stop(): void;
}

/** A place where the bytes outlive the process; flash-file.ts makes one. */
export interface FlashFile {
  readonly image: Uint8Array;
  write(address: number, data: Uint8Array): void;
  close(): void;
}

export interface FlashOptions {
  /** What is on the chip at first, from address 0 on; erased behind it. Taken over, not copied, when it has the chip's size. */
  image?: Uint8Array;
  /** Every operation is written through to it. */
  file?: FlashFile;
}

export function createFlash(options: FlashOptions = {}): Flash {
  const bytes = options.file?.image ?? fillImage(options.image);
  const { file } = options;
  let hook: FlashHook | undefined;
  let count = 0;
  /** Made when first asked for: it costs a copy of the chip. */
  let states: States | undefined;

  function check(address: number, length: number): void {
    if (Number.isInteger(address) && Number.isInteger(length) && address >= 0 && length >= 0) {
      if (address + length <= FLASH_BYTES) return;
    }
    throw new RangeError(`flash has no ${length} bytes at ${address}`);
  }

  /** `target` is what the operation leaves when it is over. */
  function operate(operation: FlashOperation, target: Uint8Array): void {
    const verdict = hook?.(operation) ?? "run";
    if (verdict !== "cut-before") {
      const place = bytes.subarray(operation.address, operation.address + operation.length);
      if (verdict === "run" || verdict === "cut-after") place.set(target);
      else applyTear(place, target, verdict === "cut-torn" ? TORN_IN_THE_MIDDLE : verdict);
      states?.touch(operation.address, operation.length);
      file?.write(operation.address, place);
    }
    if (verdict !== "run") throw new PowerCutError(operation);
  }

  return {
    read(address, length) {
      check(address, length);
      return bytes.slice(address, address + length);
    },
    view(address, length) {
      check(address, length);
      return bytes.subarray(address, address + length);
    },
    program(address, data) {
      check(address, data.length);
      if (address % FLASH_WORD_BYTES !== 0 || data.length % FLASH_WORD_BYTES !== 0) {
        throw new RangeError(`flash is programmed by words: ${data.length} bytes at ${address}`);
      }
      count += 1;
      operate(
        { kind: "program", address, length: data.length, data, number: count },
        data.map((byte, i) => byte & bytes[address + i]!),
      );
    },
    erasePage(address) {
      check(address, 1);
      const page = address - (address % FLASH_PAGE_BYTES);
      count += 1;
      operate({ kind: "erase", address: page, length: FLASH_PAGE_BYTES, data: undefined, number: count }, ERASED_PAGE);
    },
    operationCount: () => count,
    setHook(next) {
      hook = next;
    },
    save() {
      states ??= createStates(bytes);
      return states.save();
    },
    restore(state) {
      states ??= createStates(bytes);
      states.restore(state);
    },
    stop: () => file?.close(),
  };
}

/**
 * Programs bytes that need not begin or end on a word, as the interpreter does: one operation for a first broken word, one for the
 * whole words, one for a last broken word, the neighbours being written again as they are.
 */
export function programUnaligned(flash: Flash, address: number, data: Uint8Array): void {
  const lead = address % FLASH_WORD_BYTES;
  const headLength = lead === 0 ? 0 : Math.min(FLASH_WORD_BYTES - lead, data.length);
  const tailLength = (data.length - headLength) % FLASH_WORD_BYTES;
  const bodyEnd = data.length - tailLength;
  const programPart = (from: number, to: number) => {
    const at = address + from;
    const wordAt = at - (at % FLASH_WORD_BYTES);
    const word = flash.read(wordAt, FLASH_WORD_BYTES);
    word.set(data.subarray(from, to), at - wordAt);
    flash.program(wordAt, word);
  };
  if (headLength > 0) programPart(0, headLength);
  if (bodyEnd > headLength) flash.program(address + headLength, data.subarray(headLength, bodyEnd));
  if (tailLength > 0) programPart(bodyEnd, data.length);
}

/** A chip of its size that begins with `image` and is erased behind it. */
export function fillImage(image: Uint8Array = new Uint8Array()): Uint8Array {
  if (image.length === FLASH_BYTES) return image;
  if (image.length > FLASH_BYTES) throw new RangeError(`an image of ${image.length} bytes does not fit the flash`);
  const bytes = new Uint8Array(FLASH_BYTES).fill(0xff);
  bytes.set(image);
  return bytes;
}

interface States {
  touch(address: number, length: number): void;
  save(): FlashState;
  restore(state: FlashState): void;
}

/** Keeps track of which pages of `bytes` are other than now. */
function createStates(bytes: Uint8Array): States {
  const first = bytes.slice();
  const pageOf = (from: Uint8Array, page: number) =>
    from.subarray(page * FLASH_PAGE_BYTES, (page + 1) * FLASH_PAGE_BYTES);
  /** As of the last `save` or `restore`, and the pages touched since. */
  let saved: FlashState = new Map();
  const touched = new Set<number>();
  return {
    touch(address, length) {
      const last = Math.floor((address + length - 1) / FLASH_PAGE_BYTES);
      for (let page = Math.floor(address / FLASH_PAGE_BYTES); page <= last; page++) touched.add(page);
    },
    save() {
      const next = new Map(saved);
      for (const page of touched) next.set(page, pageOf(bytes, page).slice());
      touched.clear();
      saved = next;
      return next;
    },
    restore(state) {
      for (const page of new Set([...saved.keys(), ...state.keys(), ...touched])) {
        const wanted = state.get(page);
        if (wanted !== saved.get(page) || touched.has(page)) pageOf(bytes, page).set(wanted ?? pageOf(first, page));
      }
      touched.clear();
      saved = state;
    },
  };
}
