// Owns the key that development builds are signed with: made where it is missing, kept beside the build, for its owner alone [SIGN-2]. It is
// for simulated traps and the traps on one's own desk; releases are signed with a key that keygen makes, elsewhere.
import { randomBytes } from "node:crypto";
import { link, mkdir, unlink } from "node:fs/promises";
import * as path from "node:path";
import { type KeyPair, nameKeyFiles, readPrivateKey, writeKeyFiles } from "../release/key-files.ts";
import { ReleaseError } from "../release/release-error.ts";
import { createKeyPair } from "../release/signing.ts";

const NAME = "development";

/**
 * The development key in a folder. Of several processes that make it at once, one wins and all have the same.
 * @throws ReleaseError when a key that is there cannot be used
 */
export async function ensureDevelopmentKey(folder: string): Promise<KeyPair> {
  const wanted = nameKeyFiles(path.join(folder, NAME));
  const found = await findPrivateKey(wanted.privateKeyFile);
  if (found !== undefined) return found;
  await mkdir(folder, { recursive: true });
  const draft = nameKeyFiles(path.join(folder, `${NAME}-${process.pid}-${randomBytes(4).toString("hex")}`));
  await writeKeyFiles(draft, createKeyPair(randomBytes));
  try {
    // A link is there whole or not at all, and never in the place of another's.
    await link(draft.privateKeyFile, wanted.privateKeyFile);
    await link(draft.publicKeyFile, wanted.publicKeyFile);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    await unlink(draft.privateKeyFile);
    await unlink(draft.publicKeyFile);
  }
  return readPrivateKey(wanted.privateKeyFile);
}

async function findPrivateKey(file: string): Promise<KeyPair | undefined> {
  try {
    return await readPrivateKey(file);
  } catch (error) {
    const cause = error instanceof ReleaseError ? error.cause : undefined;
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw error;
  }
}
