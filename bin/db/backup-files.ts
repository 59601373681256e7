// Owns which backup file a person means, and where the next one goes. How it is called by its time, and what is in it, is cloud/db/backup.
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { createBackupName } from "../../cloud/db/backup/archive-text.ts";
import { refusal } from "./problem.ts";

export interface BackupFile {
  name: string;
  path: string;
  bytes: number;
  /** When it was written, in milliseconds since 1970. */
  at: number;
}

const ENDING = ".sql.gz";

/** What a person calls a backup: its file without folder and ending. Pure. */
export function nameOf(file: string): string {
  const name = path.basename(file);
  return name.endsWith(ENDING) ? name.slice(0, -ENDING.length) : name;
}

/** Where the next backup goes; two in one second are told apart by a number. */
export async function findFreePath(folder: string, at: Date): Promise<string> {
  const usual = path.join(folder, createBackupName(at));
  for (let number = 1; ; number++) {
    const file = number === 1 ? usual : path.join(folder, `${nameOf(usual)}_${number}${ENDING}`);
    if ((await fs.stat(file).catch(() => null)) === null) return file;
  }
}

/** @throws Problem `name-taken` */
export async function getCheckpointPath(folder: string, name: string): Promise<string> {
  const file = path.join(folder, `checkpoint_${name}${ENDING}`);
  if ((await fs.stat(file).catch(() => null)) === null) return file;
  throw refusal("name-taken", `there is a backup of a checkpoint ${name} already, ${file}`, "choose another name");
}

/**
 * The places a name may mean, best first: a path as it stands, seen from the caller's folder, then a name in the folder of backups;
 * each with and without the ending. Pure.
 */
export function listCandidates(name: string, cwd: string, folder: string): string[] {
  const roots = name.includes("/") ? [cwd] : [folder, cwd];
  return roots.flatMap((root) => {
    const file = path.resolve(root, name);
    return name.endsWith(ENDING) ? [file] : [`${file}${ENDING}`, file];
  });
}

/** @throws Problem `backup-not-found`, naming what there is */
export async function getBackup(name: string, cwd: string, folder: string): Promise<string> {
  for (const file of listCandidates(name, cwd, folder)) {
    const stat = await fs.stat(file).catch(() => null);
    if (stat?.isFile()) return file;
  }
  const newest = (await listBackups(folder)).slice(0, 3).map((one) => one.name);
  throw refusal(
    "backup-not-found",
    `there is no backup "${name}", neither in ${folder} nor as a path`,
    newest.length === 0 ? "there are none yet: npm run db:backup makes one" : `the newest are ${newest.join(", ")}`,
  );
}

/** The newest first. Those of checkpoints are listed as well. */
export async function listBackups(folder: string): Promise<BackupFile[]> {
  const names = (await fs.readdir(folder).catch(() => [])).filter(
    (name) => name.endsWith(ENDING) && !name.startsWith("."),
  );
  const files = await Promise.all(
    names.map(async (file) => {
      const stat = await fs.stat(path.join(folder, file)).catch(() => null);
      return stat?.isFile()
        ? [{ name: nameOf(file), path: path.join(folder, file), bytes: stat.size, at: stat.mtimeMs }]
        : [];
    }),
  );
  return files.flat().sort((a, b) => b.at - a.at);
}

export async function findNewestBackup(folder: string): Promise<BackupFile | null> {
  return (await listBackups(folder))[0] ?? null;
}
