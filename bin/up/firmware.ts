// Owns the two firmwares of the story: the one the trap is flashed with and the one it is updated to, built from the sources as they stand
// and signed with the development key of the folder.
import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readVersion } from "../../firmware/bundle/built-firmware.ts";
import { findManifest } from "../../firmware/bundle/manifest.ts";
import { hashSources } from "../../firmware/bundle/sources.ts";
import { ensureImage, type TrapImage } from "../../firmware/image/ensure-image.ts";
import { fingerprint } from "../../firmware/release/key-files.ts";

export interface StoryFirmware extends Pick<TrapImage, "version" | "counter" | "sha256" | "size" | "bundle" | "fresh"> {
  /** The file it is published as. */
  signedFile: Uint8Array;
  /** Fingerprint of the key that has signed it. */
  signedBy: string;
}

export interface StoryFirmwares {
  /** The first one, and the whole Storage partition it is flashed as. */
  flashed: StoryFirmware & Pick<TrapImage, "storage">;
  next: StoryFirmware;
  /** In hexadecimal: what the cloud is told to trust. */
  publicKey: string;
}

/** The trap is flashed anew at each start, and so begins to count anew. */
const FLASHED_COUNTER = 1;

/**
 * What is there already of the same sources is taken as it is.
 * @param folder where they are built and signed, and where the key is, or will be
 * @throws ImageError where the sources are refused, ReleaseError where the key cannot be used
 */
export async function ensureStoryFirmwares(root: string, folder: string): Promise<StoryFirmwares> {
  // The key in it is for its owner alone, and so is the folder, if it is made now.
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const version = nextVersion(await readVersion(root), await hashSources(root, []));
  const aside = buildAside(root, join(folder, version), version);
  const flashed = await ensureImage({ root, outDir: folder, counter: FLASHED_COUNTER });
  await aside;
  const next = await ensureImage({ root, outDir: folder, counter: FLASHED_COUNTER + 1, version });
  const publicKey = Buffer.from(flashed.publicKey).toString("hex");
  return { flashed: { ...describe(flashed), storage: flashed.storage }, next: describe(next), publicKey };
}

/**
 * Build in a process beside this one, where there is nothing yet: it takes about as long as the other one, and there are two cores. If that
 * does not work, this process builds it itself and says why it cannot.
 */
async function buildAside(root: string, outDir: string, version: string): Promise<void> {
  if ((await findManifest(outDir)) !== undefined) return;
  const words = ["--import", "tsx", "bin/trapline.ts", "firmware", "build", "--version", version, "--out", outDir];
  const child = spawn(process.execPath, words, { cwd: root, stdio: "ignore" });
  await new Promise<void>((resolve) => {
    child.on("error", () => resolve());
    child.on("exit", () => resolve());
  });
}

function describe({ version, counter, sha256, size, bundle, fresh, signedFile, publicKey }: TrapImage): StoryFirmware {
  return { version, counter, sha256, size, bundle, fresh, signedFile, signedBy: fingerprint(publicKey) };
}

/** The version after this one: a step forward, and another one for other sources, since what is published never changes. */
function nextVersion(version: string, sourceHash: string): string {
  const [core = "0.0.0"] = version.split("-");
  const [major = "0", minor = "0", patch = "0"] = core.split(".");
  return `${major}.${minor}.${Number(patch) + 1}-${sourceHash.slice(0, 8)}`;
}
