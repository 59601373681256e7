// Owns that a file appears whole or not at all: it is written under another name in the same folder, and gets its own when it is on the
// disk. Only its owner may read it.
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { BackupError } from "./backup-error.ts";

const PARTIAL = /^\..+\.sql\.gz\.\d+\.partial$/;
/** A backup under way writes all the time. */
const ABANDONED_MS = 86_400_000;

/**
 * @param write fills the empty file and brings it to the disk
 * @throws BackupError `file-exists`, `write-failed`; whatever `write` throws. Nothing is left then.
 */
export async function createWholeFile<T>(file: string, write: (handle: fs.FileHandle) => Promise<T>): Promise<T> {
  const folder = path.dirname(file);
  const partial = path.join(folder, `.${path.basename(file)}.${process.pid}.partial`);
  await refuseExisting(file);
  const handle = await explainWriting(file, async () => {
    await fs.mkdir(folder, { recursive: true });
    await fs.rm(partial, { force: true });
    const opened = await fs.open(partial, "wx", 0o600);
    await removeAbandoned(folder, (await opened.stat()).mtimeMs);
    return opened;
  });
  try {
    const result = await write(handle).finally(() => handle.close());
    await refuseExisting(file);
    await explainWriting(file, () => fs.rename(partial, file));
    await syncFolder(folder);
    return result;
  } catch (error) {
    await fs.rm(partial, { force: true });
    throw error;
  }
}

/** What killed programs left: other partial files that nobody has written to for long before ours was made. */
async function removeAbandoned(folder: string, nowMs: number): Promise<void> {
  for (const name of await fs.readdir(folder)) {
    if (!PARTIAL.test(name)) continue;
    const file = path.join(folder, name);
    const stat = await fs.stat(file).catch(() => null);
    if (stat !== null && nowMs - stat.mtimeMs > ABANDONED_MS) await fs.rm(file, { force: true });
  }
}

/** Names what the system said about the file, and leaves other errors alone. */
export async function explainWriting<T>(file: string, fn: () => Promise<T>): Promise<T> {
  try {
    return await fn();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BackupError("write-failed", `${file} could not be written, and nothing is left of it: ${reason}`, {
      data: { file },
      cause: error,
    });
  }
}

async function refuseExisting(file: string): Promise<void> {
  const found = await fs.lstat(file).catch(() => null);
  if (found === null) return;
  throw new BackupError("file-exists", `there is a file ${file} already; choose another name`, { data: { file } });
}

/** The name itself lies in the folder, which has to reach the disk as well. Some file systems cannot, and need not. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await fs.open(folder).catch(() => null);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
