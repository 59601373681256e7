// Makes the signatures of the firmware that tests publish: node --import tsx test/support/create-signed-firmware-program.ts writes them on
// standard output, for signed-firmware.json. Keys and chance are fixed, so that the same file comes out whoever runs it.
import { createHash } from "node:crypto";
import { FIRMWARE_BYTES_MAX, PRODUCT, splitSignedFirmware, TRAP_HARDWARE } from "#protocol";
import { signFirmware } from "../../firmware/release/signing.ts";
import { readSignatures, toArray } from "../firmware/signature/fixtures.ts";
import { createFirmwareText, type FirmwareRecipe, type KeptFirmware, type SignerName } from "./signed-firmware.ts";

const USUAL: FirmwareRecipe = {
  ...{ product: PRODUCT, hardware: TRAP_HARDWARE, version: "2.0.0", counter: 7, notes: "For the tests." },
  ...{ signer: "first", size: 2_500, mark: "two" },
};

/** By name, what is different from the usual. */
const RECIPES: Record<string, Partial<FirmwareRecipe>> = {
  usual: {},
  next: { version: "2.1.0", counter: 8, mark: "two point one" },
  "as counted as next": { version: "2.2.0", counter: 8, mark: "two point two", notes: "" },
  "usual with other bytes": { mark: "other" },
  "usual by the second key": { signer: "second" },
  "of another product": { product: "trapline-gateway" },
  "for other hardware": { hardware: "esp8266" },
  "of bytes that are no text": { mark: "a\u00e4\u0000" },
  "as large as a slot": { version: "3.0.0", counter: 9, size: FIRMWARE_BYTES_MAX, mark: "three" },
};

const KEYS: Record<SignerName, string> = { first: "a manifest", second: "any bytes" };

function sign(name: string, recipe: FirmwareRecipe): KeptFirmware {
  const kept = readSignatures().find((one) => one.name === KEYS[recipe.signer]);
  if (kept === undefined) throw new Error(`no key of the ${recipe.signer} signer`);
  const pair = { secretKey: toArray(kept.secretKey), publicKey: toArray(kept.key) };
  const { signer: _signer, size, mark, ...wish } = recipe;
  const chance = (length: number) => Uint8Array.from(createHash("sha256").update(name).digest().subarray(0, length));
  const file = signFirmware(wish, Buffer.from(createFirmwareText(size, mark), "latin1"), pair, chance);
  const split = splitSignedFirmware(Buffer.from(file).toString("latin1"));
  if (!split.ok) throw new Error(`what was signed cannot be read: code ${split.code}`);
  const { text, signature } = split.value;
  return { name, recipe, text, signature: Buffer.from(signature, "latin1").toString("base64") };
}

const all = Object.entries(RECIPES).map(([name, change]) => sign(name, { ...USUAL, ...change }));
process.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
