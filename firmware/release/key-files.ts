// Owns the files that keys for signing are kept in: one line of text each, the private one for its owner alone [SIGN-2]. What is done with
// a key is signing.ts's.
import { createHash } from "node:crypto";
import { constants, type FileHandle, mkdir, open, unlink } from "node:fs/promises";
import * as path from "node:path";
import { ReleaseError } from "./release-error.ts";

export interface KeyPair {
  /** 32 bytes. */
  publicKey: Uint8Array;
  /** 64 bytes, of which the last 32 are the public key. */
  secretKey: Uint8Array;
}

export interface KeyFiles {
  privateKeyFile: string;
  publicKeyFile: string;
}

const PRIVATE_LINE = "trapline-private-key 1 slh-dsa-sha2-128s ";
const PUBLIC_LINE = "trapline-public-key 1 slh-dsa-sha2-128s ";
const SECRET_KEY_BYTES = 64;
const PUBLIC_KEY_BYTES = 32;
const OWNER_ONLY = 0o600;
const FOLDER_OF_OWNER = 0o700;
const FOR_EVERYBODY = 0o644;
const RIGHTS_OF_OTHERS = 0o077;
/** Far more than a key file has. */
const KEY_FILE_BYTES_MAX = 1024;

/** NAME.key and NAME.pub. */
export function nameKeyFiles(name: string): KeyFiles {
  return { privateKeyFile: `${name}.key`, publicKeyFile: `${name}.pub` };
}

/** SHA-256 of a public key in hexadecimal: by this people compare keys. */
export function fingerprint(publicKey: Uint8Array): string {
  return createHash("sha256").update(publicKey).digest("hex");
}

/** Writes both files of a new pair, or none. @throws ReleaseError `file-exists`, `file-unusable` */
export async function writeKeyFiles(files: KeyFiles, pair: KeyPair): Promise<void> {
  await createFolder(path.dirname(files.privateKeyFile));
  await createFile(files.privateKeyFile, OWNER_ONLY, PRIVATE_LINE, pair.secretKey);
  try {
    await createFile(files.publicKeyFile, FOR_EVERYBODY, PUBLIC_LINE, pair.publicKey);
  } catch (error) {
    await unlink(files.privateKeyFile);
    throw error;
  }
}

/** One that is there keeps its rights: it may be anybody's. */
async function createFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: FOLDER_OF_OWNER });
  } catch (error) {
    throw new ReleaseError("file-unusable", `the folder ${folder} cannot be made; look at its name and rights`, error);
  }
}

/** Never over a file that is there: a lost private key is lost for every trap that believes in it. */
async function createFile(file: string, mode: number, line: string, key: Uint8Array): Promise<void> {
  const handle = await openFile(file, "wx", mode);
  try {
    // Whatever the surroundings take away from the rights of new files.
    await handle.chmod(mode);
    await handle.writeFile(`${line}${Buffer.from(key).toString("hex")}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** @throws ReleaseError `file-unusable`, `key-malformed`, or `key-rights` if others than the owner have any right to the file */
export async function readPrivateKey(file: string): Promise<KeyPair> {
  const handle = await openFile(file, constants.O_RDONLY);
  try {
    const { mode, uid } = await handle.stat();
    const isOwn = process.getuid === undefined || uid === process.getuid() || process.getuid() === 0;
    if ((mode & RIGHTS_OF_OTHERS) !== 0 || !isOwn) {
      throw new ReleaseError(
        "key-rights",
        `${file} is not its owner's alone; take it from the others: chmod 600 ${file}, and think of who may have read it`,
      );
    }
    const secretKey = await readKey(handle, file, PRIVATE_LINE, SECRET_KEY_BYTES, "private");
    return { secretKey, publicKey: secretKey.slice(SECRET_KEY_BYTES - PUBLIC_KEY_BYTES) };
  } finally {
    await handle.close();
  }
}

/** @throws ReleaseError `file-unusable`, `key-malformed` */
export async function readPublicKey(file: string): Promise<Uint8Array> {
  const handle = await openFile(file, constants.O_RDONLY);
  try {
    return await readKey(handle, file, PUBLIC_LINE, PUBLIC_KEY_BYTES, "public");
  } finally {
    await handle.close();
  }
}

async function readKey(
  handle: FileHandle,
  file: string,
  line: string,
  bytes: number,
  kind: "private" | "public",
): Promise<Uint8Array> {
  const buffer = Buffer.alloc(KEY_FILE_BYTES_MAX);
  const { bytesRead } = await handle.read(buffer, 0, KEY_FILE_BYTES_MAX, 0);
  const text = buffer.toString("latin1", 0, bytesRead);
  buffer.fill(0);
  const hex = text.startsWith(line) ? text.slice(line.length) : "";
  if (hex.length !== bytes * 2 + 1 || !/^[0-9a-f]+\n$/.test(hex)) {
    throw new ReleaseError("key-malformed", `${file} holds no ${kind} key; give a file that keygen wrote`);
  }
  return Uint8Array.from(Buffer.from(hex.slice(0, -1), "hex"));
}

async function openFile(file: string, flags: string | number, mode?: number): Promise<FileHandle> {
  try {
    return await open(file, flags, mode);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EEXIST") {
      throw new ReleaseError(
        "file-exists",
        `${file} is there already and is not overwritten; give another name`,
        error,
      );
    }
    throw new ReleaseError("file-unusable", `${file} cannot be opened (${code}); look at its name and rights`, error);
  }
}
