// Owns the build of the firmware: sources checked, two programs made (the application and its loader), checked again, written with a
// manifest. The same sources give the same bytes [BUNDLE-2]. What it leaves: publishing and flashing.
import { createHash } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import * as path from "node:path";
import { type BuildOptions, type BuildResult, describeBuilt, hashBuild, readVersion } from "./built-firmware.ts";
import { checkDeviceProgram, createDeviceProgram } from "./check-firmware.ts";
import { checkOutput } from "./check-output.ts";
import { type CompileInput, compileEntry } from "./compile.ts";
import { listReplacements, nameFaultyVersion } from "./faults.ts";
import { BOOT_FILE, BUNDLE_FILE, type BuiltFile, MANIFEST_FILE, type Manifest } from "./manifest.ts";
import { type ShrinkOptions, type ShrunkProgram, shrinkProgram } from "./shrink.ts";
import { LOADER_FUNCTIONS, RARE_FUNCTIONS, sinkFunctions } from "./sink.ts";
import { listVisibleMembers } from "./visible-members.ts";

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
  return describeBuilt(outDir, manifest);
}

/** One entry through the whole pipeline. @param input names of members are shortened only if those that are visible are told. */
export async function buildProgram(
  input: CompileInput & ShrinkOptions & { rare?: readonly string[] },
): Promise<ShrunkProgram> {
  const program = await compileEntry(input);
  return shrinkProgram(sinkFunctions(program, input.rare ?? RARE_FUNCTIONS), input);
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

function hashText(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
