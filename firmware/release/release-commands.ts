// Owns what each command of signing does with files: which it reads, which it writes, what it tells. The words of the command line are
// command.ts's, the rights of key files key-files.ts's, and what is signed signing.ts's.
import { createHash } from "node:crypto";
import { readFile, rename, stat, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { PRODUCT, SIGNED_FIRMWARE_BYTES_MAX, type SignedFirmware, TRAP_HARDWARE } from "#protocol";
import { BUNDLE_FILE, findManifest, isFaultyFirmware } from "../bundle/manifest.ts";
import { fingerprint, nameKeyFiles, readPrivateKey, readPublicKey, writeKeyFiles } from "./key-files.ts";
import { ReleaseError } from "./release-error.ts";
import { createKeyPair, readSignedFirmware, signFirmware, verifySignedFirmware } from "./signing.ts";

export interface ReleaseIo {
  /** The repository; names of files are relative to it. */
  root: string;
  /** One line. */
  write(line: string): void;
  writeError(line: string): void;
  /** Of the machine's best source. */
  randomBytes(length: number): Uint8Array;
}

/** What was asked for, as it stood on the command line. */
export interface ReleaseFlags {
  key?: string;
  bundle?: string;
  out?: string;
  product?: string;
  hardware?: string;
  version?: string;
  counter?: string;
  notes?: string;
}

/** Facts for a program, the same in lines for a person. */
export interface Outcome {
  facts: Record<string, unknown>;
  lines: string[];
}

/** What was asked for cannot be meant. */
export class UsageError extends Error {
  override name = "UsageError";
}

export async function keygen(name: string, _flags: ReleaseFlags, io: ReleaseIo): Promise<Outcome> {
  const files = nameKeyFiles(path.resolve(io.root, name));
  const pair = createKeyPair(io.randomBytes);
  await writeKeyFiles(files, pair);
  pair.secretKey.fill(0);
  return {
    facts: { ...files, ...tellKey(pair.publicKey) },
    lines: [
      `private key  ${files.privateKeyFile}  (for you alone: whoever has it can sign for every trap; keep a copy off the network)`,
      `public key   ${files.publicKeyFile}`,
      ...formatPublicKey(pair.publicKey),
    ],
  };
}

export async function sign(_none: string, flags: ReleaseFlags, io: ReleaseIo): Promise<Outcome> {
  const bundle = path.resolve(io.root, flags.bundle ?? path.join(".trapline", "firmware", BUNDLE_FILE));
  const out = path.resolve(io.root, flags.out ?? `${bundle.replace(/\.js$/, "")}.trapline`);
  const key = need(flags.key, "--key FILE");
  const hardware = flags.hardware ?? TRAP_HARDWARE;
  const counter = parseCounter(need(flags.counter, "--counter N"));
  const hint = flags.bundle === undefined ? "run npm run firmware -- build first" : LOOK;
  const firmware = await readWhole(bundle, hint);
  if (isFaultyFirmware(firmware)) {
    throw new ReleaseError(
      "bundle-refused",
      `${bundle} was broken on purpose; sign it by npm run firmware -- update --fault`,
    );
  }
  const version = flags.version ?? (await readBuiltVersion(bundle, firmware));
  const pair = await readPrivateKey(path.resolve(io.root, key));
  const wish = { product: flags.product ?? PRODUCT, hardware, version, counter, notes: flags.notes ?? "" };
  const file = signFirmware(wish, firmware, pair, io.randomBytes);
  pair.secretKey.fill(0);
  await writeWhole(out, file);
  const signed = readSignedFirmware(file);
  return {
    facts: { file: out, bytes: file.length, ...tellFirmware(signed), ...tellKey(pair.publicKey) },
    lines: [`signed  ${out}  (${file.length} bytes)`, ...formatFirmware(signed), formatKey(pair.publicKey)],
  };
}

export async function verify(name: string, flags: ReleaseFlags, io: ReleaseIo): Promise<Outcome> {
  const publicKey = await readPublicKey(path.resolve(io.root, need(flags.key, "--key FILE.pub")));
  const file = path.resolve(io.root, name);
  const signed = verifySignedFirmware(await readWhole(file), publicKey);
  return {
    facts: { file, ...tellFirmware(signed), ...tellKey(publicKey) },
    lines: [`verified  ${file}`, ...formatFirmware(signed), formatKey(publicKey)],
  };
}

export async function inspect(name: string, _flags: ReleaseFlags, io: ReleaseIo): Promise<Outcome> {
  const file = path.resolve(io.root, name);
  if (file.endsWith(".pub")) {
    const publicKey = await readPublicKey(file);
    return { facts: { file, ...tellKey(publicKey) }, lines: [`public key   ${file}`, ...formatPublicKey(publicKey)] };
  }
  const signed = readSignedFirmware(await readWhole(file));
  return {
    facts: { file, ...tellFirmware(signed) },
    lines: [`says of itself, signature not verified  ${file}`, ...formatFirmware(signed)],
  };
}

function need(value: string | undefined, option: string): string {
  if (value === undefined) throw new UsageError(`${option} is missing`);
  return value;
}

function parseCounter(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new UsageError(`--counter wants a whole number from 1 on, not ${text}`);
  return Number(text);
}

const LOOK = "look at its name and rights";

/** Nothing we read is longer than a signed firmware. @throws ReleaseError `file-unusable`, `file-malformed` */
async function readWhole(file: string, hint = LOOK): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size <= SIGNED_FIRMWARE_BYTES_MAX) return await readFile(file);
  } catch (error) {
    throw new ReleaseError("file-unusable", `${file} cannot be read; ${hint}`, error);
  }
  throw new ReleaseError("file-malformed", `${file} is longer than any firmware; give another file`);
}

/** Never half a file under its name. @throws ReleaseError `file-unusable` */
async function writeWhole(file: string, data: Uint8Array): Promise<void> {
  const temporary = `${file}.${process.pid}`;
  try {
    await writeFile(temporary, data);
    await rename(temporary, file);
  } catch (error) {
    throw new ReleaseError("file-unusable", `${file} cannot be written; look at its folder`, error);
  }
}

/** The version that the build wrote down beside the bundle. @throws ReleaseError `bundle-refused` if that is of other bytes */
async function readBuiltVersion(bundle: string, firmware: Uint8Array): Promise<string> {
  const built = await findManifest(path.dirname(bundle));
  if (built?.sha256 === hash(firmware)) return built.version;
  throw new ReleaseError(
    "bundle-refused",
    `no build beside ${bundle} tells its version; run npm run firmware -- build, or give --version`,
  );
}

function hash(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

function tellKey(publicKey: Uint8Array): Outcome["facts"] {
  return { publicKey: Buffer.from(publicKey).toString("hex"), fingerprint: fingerprint(publicKey) };
}

/** The first half of the fingerprint, as people read numbers to each other. */
function formatKey(publicKey: Uint8Array): string {
  return `fingerprint  ${fingerprint(publicKey)
    .slice(0, 32)
    .replaceAll(/.{4}(?=.)/g, "$& ")}`;
}

/** The key for people, and for the configuration of the cloud that is to publish what it signs. */
function formatPublicKey(publicKey: Uint8Array): string[] {
  return [formatKey(publicKey), `for a cloud  TRAPLINE_FIRMWARE_KEYS=${Buffer.from(publicKey).toString("hex")}`];
}

function tellFirmware({ manifest, firmware }: SignedFirmware): Outcome["facts"] {
  return { manifest, sha256: hash(Buffer.from(firmware, "latin1")) };
}

function formatFirmware(signed: SignedFirmware): string[] {
  const { product, hardware, version, counter, size, root, notes } = signed.manifest;
  return [
    `  ${product} for ${hardware}, version ${version}, counter ${counter}`,
    `  firmware ${size} bytes, sha256 ${hash(Buffer.from(signed.firmware, "latin1"))}`,
    `  hash tree ${root}`,
    ...(notes === "" ? [] : [`  notes: ${notes}`]),
  ];
}
