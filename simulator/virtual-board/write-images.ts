// Owns the writing of the stand-in images as files, with a manifest that says where each belongs and what its bytes are.
import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { createStandInImages } from "../rom/stand-in-images.ts";

export interface ImageManifest {
  files: { name: string; address: number; sha256: string }[];
}

/** The manifest comes last, so that whoever finds it finds the files. @throws Error of the system */
export async function writeImages(folder: string): Promise<ImageManifest> {
  await fs.mkdir(folder, { recursive: true });
  const manifest: ImageManifest = { files: [] };
  for (const { name, address, bytes } of createStandInImages()) {
    await fs.writeFile(path.join(folder, name), bytes);
    manifest.files.push({ name, address, sha256: createHash("sha256").update(bytes).digest("hex") });
  }
  await fs.writeFile(path.join(folder, "images.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
  return manifest;
}
