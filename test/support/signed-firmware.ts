// Owns the signed firmware that tests publish. Signing takes seconds, so that the signatures are kept (signed-firmware.json, made by
// create-signed-firmware-program.ts) and the firmware follows from its size and mark.
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { joinSignedFirmware } from "#protocol";
import type { ManifestWish } from "../../firmware/release/signing.ts";

/** Which of the two keys has signed it; everybody can make both. */
export type SignerName = "first" | "second";

export interface FirmwareRecipe extends ManifestWish {
  signer: SignerName;
  size: number;
  /** Other bytes for another mark. */
  mark: string;
}

export interface KeptFirmware {
  name: string;
  recipe: FirmwareRecipe;
  /** The manifest as it was signed. */
  text: string;
  /** In base64. */
  signature: string;
}

/** Lines of comment of that length in all, the mark in each. */
export function createFirmwareText(size: number, mark: string): string {
  return `/* ${mark} */\n`.repeat(Math.ceil(size / (mark.length + 7))).slice(0, size);
}

/** Public keys of the two signers, in hexadecimal. */
export const SIGNERS: Record<SignerName, string> = {
  first: "3514f7162f160b501eca512a9b25104152e59447a72cafd66fffcf978215aa34",
  second: "ca703708d9e6fa1abcfb6f3d599db507ec6be6235fc1e4ea29378afd60e30f58",
};

/** The bytes of a signed file and what is in it. */
export interface SignedFixture extends FirmwareRecipe {
  file: Buffer;
  firmware: Buffer;
}

let kept: KeptFirmware[] | undefined;

/** @throws Error for a name that none is kept by */
export function readSigned(name: string): SignedFixture {
  kept ??= JSON.parse(readFileSync(path.join(import.meta.dirname, "signed-firmware.json"), "utf8")) as KeptFirmware[];
  const one = kept.find((each) => each.name === name);
  if (one === undefined) throw new Error(`no signed firmware is kept as "${name}"`);
  const firmware = createFirmwareText(one.recipe.size, one.recipe.mark);
  const signature = Buffer.from(one.signature, "base64").toString("latin1");
  const file = Buffer.from(joinSignedFirmware(one.text, signature, firmware), "latin1");
  return { ...one.recipe, file, firmware: Buffer.from(firmware, "latin1") };
}
