// Owns a flash image that outlives the process: a plain file of the chip's size, the same bytes a flashing tool would write. It is
// written through at every operation, so that a killed simulator leaves what a chip without power would hold.
import * as fs from "node:fs";
import * as path from "node:path";
import { FLASH_BYTES, type FlashFile, fillImage } from "./flash.ts";

export interface FlashFileOptions {
  /** The image of a board that has none yet. */
  createImage(): Uint8Array;
  /** Whether the image that is there is the one meant; without it every one is. */
  isWanted?(image: Uint8Array): boolean;
}

/**
 * Opens the image at `file`. Where there is none of the chip's size, or not the one wanted, a new one is made: whole or not at all,
 * since it comes into its place by a rename. Folders on the way are made.
 */
export function openFlashFile(file: string, options: FlashFileOptions): FlashFile {
  const found = findImage(file);
  const isKept = found !== undefined && (options.isWanted?.(found) ?? true);
  const image = isKept ? found : fillImage(options.createImage());
  if (!isKept) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    const draft = `${file}.${process.pid}.draft`;
    fs.writeFileSync(draft, image);
    fs.renameSync(draft, file);
  }
  let descriptor: number | undefined = fs.openSync(file, "r+");
  return {
    image,
    write(address, data) {
      if (descriptor !== undefined) fs.writeSync(descriptor, data, 0, data.length, address);
    },
    close() {
      if (descriptor !== undefined) fs.closeSync(descriptor);
      descriptor = undefined;
    },
  };
}

/** The image at `file`, or undefined where there is none of the chip's size. */
export function findImage(file: string): Uint8Array | undefined {
  if (!fs.existsSync(file)) return undefined;
  const image = fs.readFileSync(file);
  return image.length === FLASH_BYTES ? new Uint8Array(image) : undefined;
}
