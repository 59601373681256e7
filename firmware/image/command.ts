// Owns the command line `npm run firmware -- image | update`: words in, the composed Storage partition or a signed firmware as a file, lines
// and an exit code out.
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { parseArgs } from "node:util";
import { MANIFEST_COUNTER_MAX } from "#protocol";
import { formatRefusal } from "../bundle/dialect.ts";
import { ensureFirmware } from "../bundle/ensure-firmware.ts";
import { FaultError, type FaultName, folderOfFault, isFaultName, listFaultNames } from "../bundle/faults.ts";
import { isFaultyFirmware } from "../bundle/manifest.ts";
import { fingerprint, readPublicKey } from "../release/key-files.ts";
import { ReleaseError } from "../release/release-error.ts";
import { verifySignedFirmware } from "../release/signing.ts";
import { STORAGE_ADDRESS } from "../slots/slot-layout.ts";
import { composeStorage } from "./compose-storage.ts";
import { ensureDevelopmentKey } from "./development-key.ts";
import { ensureImage, ensureSigned } from "./ensure-image.ts";
import { ImageError } from "./image-error.ts";

export interface ImageIo {
  /** The repository; names of files are relative to it. */
  root: string;
  /** One line. */
  write(line: string): void;
  writeError(line: string): void;
}

export const IMAGE_USAGE = `npm run firmware -- image [--key NAME.pub --firmware FILE.trapline | --fault NAME] [--out FILE] [--json]
  Composes the whole Storage partition, to be flashed at 0x320000: loader with the public key, the signed firmware, an empty slot.
  Without a key and a firmware it builds, and signs with the development key. It is written to .trapline/firmware/storage.bin.
  With a fault the firmware is broken on purpose, to see whether a bench notices: ${listFaultNames()}.
npm run firmware -- update --counter N [--version X] [--fault NAME | --bundle FILE] [--out FILE] [--json]
  Makes the file that an update is published from, signed with the development key: of the sources, of the sources with a fault, or of
  any program. What was signed once is found again. It is written to .trapline/firmware/update.trapline.`;

/** Whether the word is a command of this file. */
export function isImageCommand(word: string | undefined): boolean {
  return word === "image" || word === "update";
}

interface Flags {
  key?: string;
  firmware?: string;
  fault?: FaultName;
  bundle?: string;
  version?: string;
  counter?: number;
  out?: string;
  json?: boolean;
}

/** What a command made, and what it tells of it beside file, size and hash. */
interface Made {
  bytes: Uint8Array;
  facts: { version: string; counter: number; fingerprint: string } & Record<string, unknown>;
}

/** @returns the exit code: 0 done, 1 refused or failed, 2 not understood. */
export async function imageCommand(argv: readonly string[], io: ImageIo): Promise<number> {
  const [word = "", ...args] = argv;
  if (args.includes("--help")) {
    io.write(IMAGE_USAGE);
    return 0;
  }
  const flags = word === "update" ? parseUpdate(args) : parseImage(args);
  if (flags === undefined) {
    io.writeError(`usage: ${IMAGE_USAGE}`);
    return 2;
  }
  const file = word === "update" ? "update.trapline" : "storage.bin";
  const out = path.resolve(io.root, flags.out ?? path.join(folderOf(io.root), folderOfFault(flags.fault), file));
  try {
    const made = word === "update" ? await sign(flags, io.root) : await compose(flags, io.root);
    await write(out, made.bytes);
    const facts = { file: out, bytes: made.bytes.length, sha256: hash(made.bytes), ...made.facts };
    if (flags.json) io.write(JSON.stringify({ ok: true, command: word, ...facts }));
    else {
      io.write(
        `${word}  ${out}  (${facts.bytes} bytes${word === "image" ? `, for 0x${STORAGE_ADDRESS.toString(16)}` : ""})`,
      );
      io.write(`  version ${facts.version}, counter ${facts.counter}, key ${facts.fingerprint}`);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof ImageError || error instanceof ReleaseError || error instanceof FaultError)) throw error;
    const code = error instanceof FaultError ? "version-refused" : error.code;
    if (flags.json) io.write(JSON.stringify({ ok: false, command: word, code, error: error.message }));
    else io.writeError(`${word}: ${error.message}`);
    return 1;
  }
}

function folderOf(root: string): string {
  return path.join(root, ".trapline", "firmware");
}

const TEXT = { type: "string" } as const;
const YES = { type: "boolean" } as const;

/** A fault is signed by the development key alone: with another key it is not understood. */
function parseImage(args: string[]): Flags | undefined {
  try {
    const options = { key: TEXT, firmware: TEXT, fault: TEXT, out: TEXT, json: YES };
    const { fault, ...flags } = parseArgs({ args, options }).values;
    if ((flags.key === undefined) !== (flags.firmware === undefined)) return undefined;
    if (fault === undefined) return flags;
    return isFaultName(fault) && flags.key === undefined ? { ...flags, fault } : undefined;
  } catch {
    // An unknown word: the usage says what there is.
    return undefined;
  }
}

function parseUpdate(args: string[]): Flags | undefined {
  try {
    const options = { counter: TEXT, version: TEXT, fault: TEXT, bundle: TEXT, out: TEXT, json: YES };
    const { fault, counter = "", ...flags } = parseArgs({ args, options }).values;
    if (!/^[1-9]\d{0,9}$/.test(counter) || Number(counter) > MANIFEST_COUNTER_MAX) return undefined;
    const told = { ...flags, counter: Number(counter) };
    // A program that is not ours does not say its version.
    if (flags.bundle !== undefined && (fault !== undefined || flags.version === undefined)) return undefined;
    if (fault === undefined) return told;
    return isFaultName(fault) ? { ...told, fault } : undefined;
  } catch {
    // An unknown word: the usage says what there is.
    return undefined;
  }
}

/** A firmware that the key has not signed is never composed: the loader would not run it. */
async function compose({ key, firmware, fault }: Flags, root: string): Promise<Made> {
  const outDir = folderOf(root);
  if (key === undefined || firmware === undefined) {
    const image = await ensureImage({ root, outDir, ...(fault && { fault }) });
    return { bytes: image.storage, facts: { ...tell(image), firmwareSha256: image.sha256, address: STORAGE_ADDRESS } };
  }
  const publicKey = await readPublicKey(path.resolve(root, key));
  const signedFile = await read(path.resolve(root, firmware));
  const signed = verifySignedFirmware(signedFile, publicKey);
  if (isFaultyFirmware(Buffer.from(signed.firmware, "latin1"))) {
    throw new ImageError("firmware-faulty", `${firmware} was broken on purpose; compose it by --fault`);
  }
  const built = await ensureFirmware({ root, outDir });
  if (!built.ok) throw new ImageError("sources-refused", built.refusals.map(formatRefusal).join("\n"));
  const storage = composeStorage({ boot: await read(built.boot.path), publicKey, signedFile });
  const firmwareSha256 = hash(Buffer.from(signed.firmware, "latin1"));
  const facts = { ...tell({ ...signed.manifest, publicKey }), firmwareSha256, address: STORAGE_ADDRESS };
  return { bytes: storage, facts };
}

async function sign({ bundle, version, counter = 1, fault }: Flags, root: string): Promise<Made> {
  const folder = folderOf(root);
  if (bundle === undefined || version === undefined) {
    const image = await ensureImage({ root, outDir: folder, version, counter, ...(fault && { fault }) });
    return { bytes: image.signedFile, facts: { ...tell(image), firmwareSha256: image.sha256 } };
  }
  const program = await read(path.resolve(root, bundle));
  const key = await ensureDevelopmentKey(folder);
  const bytes = await ensureSigned({ bundle: program, key, folder, version, counter });
  return { bytes, facts: { ...tell({ version, counter, publicKey: key.publicKey }), firmwareSha256: hash(program) } };
}

function tell(of: { version: string; counter: number; publicKey: Uint8Array }) {
  const { version, counter, publicKey } = of;
  return { version, counter, fingerprint: fingerprint(publicKey), publicKey: Buffer.from(publicKey).toString("hex") };
}

async function read(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new ImageError("file-unusable", `${file} cannot be read; look at its name and rights`, error);
  }
}

async function write(file: string, data: Uint8Array): Promise<void> {
  try {
    await mkdir(path.dirname(file), { recursive: true });
    // Never half a file under its name, whoever reads meanwhile.
    const draft = `${file}.${process.pid}`;
    await writeFile(draft, data);
    await rename(draft, file);
  } catch (error) {
    throw new ImageError("file-unusable", `${file} cannot be written; look at its folder and rights`, error);
  }
}

function hash(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
