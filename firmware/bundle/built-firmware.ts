// Owns what was built: which files, of which sources, and whether they still are what those sources give. Making them is build.ts's.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import type { Refusal } from "./dialect.ts";
import type { FaultName } from "./faults.ts";
import { BOOT_FILE, BUNDLE_FILE, type BuiltFile, findManifest, type Manifest } from "./manifest.ts";
import { hashSources } from "./sources.ts";

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

/** What was already built of the same sources with the same tools, and is still as it was. */
export async function findFirmware(options: BuildOptions): Promise<(BuildResult & { ok: true }) | undefined> {
  const manifest = await findManifest(options.outDir);
  if (manifest === undefined || manifest.sourceHash !== (await hashBuild(options))) return undefined;
  const isIntact =
    (await hashFile(path.join(options.outDir, BUNDLE_FILE))) === manifest.sha256 &&
    (await hashFile(path.join(options.outDir, BOOT_FILE))) === manifest.boot.sha256;
  return isIntact ? describeBuilt(options.outDir, manifest) : undefined;
}

/** Of the sources and of what was asked for: the same hash, the same bytes. */
export function hashBuild({ root, version, production, fault }: BuildOptions): Promise<string> {
  return hashSources(root, [version ?? null, production === true, fault ?? null]);
}

export function describeBuilt(outDir: string, manifest: Manifest): BuildResult & { ok: true } {
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
