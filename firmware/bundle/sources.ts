// Owns the answer to "is what was built still what the sources say?": one hash over every file that decides the output's bytes, and over
// the versions of the tools that make them.
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import * as path from "node:path";

/** SHA-256 in hexadecimal over the firmware's files, the pipeline's, the tools' versions and what was asked for. */
export async function hashSources(root: string, asked: readonly unknown[]): Promise<string> {
  const hash = createHash("sha256");
  const folder = path.join(root, "firmware");
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  for (const file of files.sort()) {
    hash.update(`${path.relative(root, file).replaceAll(path.sep, "/")}\0`);
    hash.update(
      createHash("sha256")
        .update(await readFile(file))
        .digest(),
    );
  }
  hash.update(JSON.stringify([...asked, ...["typescript", "rollup", "terser"].map(readToolVersion)]));
  return hash.digest("hex");
}

/** From its package: loading the tool itself takes longer than all the hashing. */
function readToolVersion(tool: string): string {
  const { version } = createRequire(import.meta.url)(`${tool}/package.json`) as { version: string };
  return version;
}
