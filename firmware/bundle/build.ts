// Owns the build of the firmware: sources checked, two programs made (the application and its loader), checked again, written with a
// manifest. The same sources give the same bytes [BUNDLE-2]. What it leaves: publishing and flashing.
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { checkDeviceProgram, createDeviceProgram } from "./check-firmware.ts";
import { checkOutput } from "./check-output.ts";
import { type CompileInput, compileEntry } from "./compile.ts";
import type { Refusal } from "./dialect.ts";
import { type FaultName, listReplacements, nameFaultyVersion } from "./faults.ts";
import { BOOT_FILE, BUNDLE_FILE, type BuiltFile, findManifest, MANIFEST_FILE, type Manifest } from "./manifest.ts";
import { type ShrinkOptions, type ShrunkProgram, shrinkProgram } from "./shrink.ts";
import { LOADER_FUNCTIONS, RARE_FUNCTIONS, sinkFunctions } from "./sink.ts";
import { hashSources } from "./sources.ts";
import { listVisibleMembers } from "./visible-members.ts";

export interface BuildOptions {
  /** The repository. */
  root: string;
  /** Stands in for firmware/version.ts, to make an update of the same sources. */
  version?: string;
  /** A loader that locks the serial console. */
  production?: boolean;
  /** Break it on purpose; its version tells. */
  fault?: FaultName;
  outDir: string;
}

export interface BuiltProgram extends BuiltFile {
  path: string;
}

export type BuildResult =
  | { ok: true; bundle: BuiltProgram; boot: BuiltProgram; manifest: Manifest }
  | { ok: false; refusals: Refusal[] };

/**
 * Builds both programs into `outDir` (bundle.js, boot.js, manifest.json, and each program with its names for reading).
 * Sources outside the dialect are an outcome, and nothing is written. @throws FaultError; Error when a module is missing or the disk fails.
 */
export async function buildFirmware(options: BuildOptions): Promise<BuildResult> {
  const { root, outDir, fault } = options;
  const version =
    fault === undefined ? options.version : nameFaultyVersion(options.version ?? (await readVersion(root)), fault);
  const sourceHash = await hashBuild(options);
  const device = createDeviceProgram(root);
  const refusals = checkDeviceProgram(device);
  if (refusals.length > 0) return { ok: false, refusals };
  const input = {
    root,
    version,
    production: options.production,
    visibleMembers: listVisibleMembers(device),
    ...(fault && { replacements: listReplacements(root, fault) }),
  };
  const bundle = await buildProgram({ ...input, entry: path.join(root, "firmware", "main.ts") });
  const boot = await buildProgram({
    ...input,
    entry: path.join(root, "firmware", "boot", "boot.ts"),
    rare: LOADER_FUNCTIONS,
  });
  const found = [...checkOutput(bundle.code, BUNDLE_FILE), ...checkOutput(boot.code, BOOT_FILE)];
  if (found.length > 0) return { ok: false, refusals: found };
  await mkdir(outDir, { recursive: true });
  const manifest: Manifest = {
    version: version ?? (await readVersion(root)),
    ...(await writeProgram(outDir, BUNDLE_FILE, bundle)),
    sourceHash,
    boot: await writeProgram(outDir, BOOT_FILE, boot),
  };
  await writeWhole(path.join(outDir, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
  return describe(outDir, manifest);
}

/** As buildFirmware, but what was already built of the same sources with the same tools is left as it is. */
export async function ensureFirmware(options: BuildOptions): Promise<BuildResult & { fresh: boolean }> {
  const manifest = await findManifest(options.outDir);
  if (manifest !== undefined && manifest.sourceHash === (await hashBuild(options))) {
    const intact =
      (await hashFile(path.join(options.outDir, BUNDLE_FILE))) === manifest.sha256 &&
      (await hashFile(path.join(options.outDir, BOOT_FILE))) === manifest.boot.sha256;
    if (intact) return { ...describe(options.outDir, manifest), fresh: false };
  }
  return { ...(await buildFirmware(options)), fresh: true };
}

function hashBuild({ root, version, production, fault }: BuildOptions): Promise<string> {
  return hashSources(root, [version ?? null, production === true, fault ?? null]);
}

/** One entry through the whole pipeline. @param input names of members are shortened only if those that are visible are told. */
export async function buildProgram(
  input: CompileInput & ShrinkOptions & { rare?: readonly string[] },
): Promise<ShrunkProgram> {
  const program = await compileEntry(input);
  return shrinkProgram(sinkFunctions(program, input.rare ?? RARE_FUNCTIONS), input);
}

function describe(outDir: string, manifest: Manifest): BuildResult & { ok: true } {
  const { sha256, size, boot } = manifest;
  return {
    ok: true,
    bundle: { path: path.join(outDir, BUNDLE_FILE), sha256, size },
    boot: { path: path.join(outDir, BOOT_FILE), ...boot },
    manifest,
  };
}

const VERSION_LINE = "FIRMWARE_VERSION";

/** What the firmware calls itself, unless a build is told otherwise. @throws Error where the sources do not say it */
export async function readVersion(root: string): Promise<string> {
  const text = await readFile(path.join(root, "firmware", "version.ts"), "utf8");
  const version = new RegExp(`${VERSION_LINE}[^"=]*=\\s*"([^"]+)"`).exec(text)?.[1];
  if (version === undefined) throw new Error(`firmware/version.ts sets no ${VERSION_LINE}`);
  return version;
}

async function writeProgram(outDir: string, file: string, program: ShrunkProgram): Promise<BuiltFile> {
  await writeWhole(path.join(outDir, file), program.code);
  await writeWhole(path.join(outDir, file.replace(/\.js$/, ".readable.js")), program.readable);
  return { sha256: hashText(program.code), size: Buffer.byteLength(program.code) };
}

/** Never half a file under its name, whoever reads or builds meanwhile. */
async function writeWhole(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, text);
  await rename(temporary, file);
}

async function hashFile(file: string): Promise<string | undefined> {
  try {
    return hashText(await readFile(file));
  } catch {
    return undefined;
  }
}

function hashText(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
