// Brings a backup into a database: reads the file once to judge it, and once more to apply it, in one transaction. Whatever goes wrong,
// at whichever statement, the database is as it was. What a whole file is stands in verify.ts.
import * as fs from "node:fs/promises";
import pg from "pg";
import type { DatabaseLog } from "../connection.ts";
import { isConnectionLost } from "../migrations/connect-failure.ts";
import { withMigrationLock } from "../migrations/migration-lock.ts";
import { rollBack } from "../migrations/owner-connection.ts";
import { ensureRoles } from "../roles/roles.ts";
import { readArchive } from "./archive-file.ts";
import type { BackupFacts } from "./archive-text.ts";
import { BackupError } from "./backup-error.ts";
import { createCopyScanner, type Piece } from "./copy-scanner.ts";
import { createRowWriter, type RowWriter } from "./row-writer.ts";
import { type Lost, withSession } from "./session.ts";
import { listDrops, listTables, listWholeTables } from "./tables.ts";
import { verifyHandle } from "./verify.ts";

export interface RestoreOptions {
  /** The owner's address of the database, which exists. */
  url: string;
  file: string;
  log: DatabaseLog;
  onProgress?: (progress: RestoreProgress) => void;
  /** Replaces what the database holds; without it only an empty one is taken. */
  overwrite?: boolean;
  /** Stops it; the database is as it was. */
  signal?: AbortSignal;
  /** The newest migration that may be in the backup; the newest of ./migrations unless told. */
  versionMax?: number;
  /** How long to wait for other programs' locks; 60 000 unless told. */
  lockWithinMs?: number;
}

export type RestorePhase = "verifying" | "restoring" | "analysing";

export interface RestoreProgress {
  phase: RestorePhase;
  /** Bytes of the file read in this phase, of how many. While analysing: tables. */
  done: number;
  of: number;
}

const LOCK_WITHIN_MS = 60_000;
const LOCK_NOT_AVAILABLE = "55P03";

/**
 * Restores the backup as it is; where it is older than the program, migrating up is the caller's.
 * @throws BackupError `backup-refused`, `database-in-use`, `database-busy`, `restore-failed`, `cancelled`; RolesError; MigrationError
 * `migration-locked`, and for a connection that does not come about
 */
export async function restoreBackup(options: RestoreOptions): Promise<BackupFacts> {
  const handle = await openBackup(options.file);
  try {
    const facts = await verify(handle, options);
    await withSession(options.url, options.signal, async (client, lost) => {
      await ensureRoles(client);
      await withMigrationLock(client, options.lockWithinMs, () => replace({ client, lost, handle, facts, options }));
      await analyse(client, options);
    });
    options.log.info({ file: options.file, version: facts.version, rows: facts.rows }, "backup restored");
    return facts;
  } finally {
    await handle.close();
  }
}

async function openBackup(file: string): Promise<fs.FileHandle> {
  try {
    return await fs.open(file);
  } catch (error) {
    throw refused(file, "missing", `it cannot be read: ${describe(error)}`);
  }
}

async function verify(handle: fs.FileHandle, options: RestoreOptions): Promise<BackupFacts> {
  const verdict = await verifyHandle(handle, {
    versionMax: options.versionMax,
    onProgress: (done, of) => options.onProgress?.({ phase: "verifying", done, of }),
  });
  if (verdict.ok) return verdict.facts;
  throw refused(options.file, verdict.reason, verdict.detail);
}

function refused(file: string, reason: string, detail: string): BackupError {
  return new BackupError("backup-refused", `${file} was refused, and nothing was touched: ${detail}`, {
    data: { file, reason },
  });
}

interface Work {
  client: pg.Client;
  lost: Lost;
  handle: fs.FileHandle;
  facts: BackupFacts;
  options: RestoreOptions;
}

async function replace(work: Work): Promise<void> {
  const { client, options } = work;
  await client.query("BEGIN");
  try {
    await client.query(`SET LOCAL lock_timeout = ${options.lockWithinMs ?? LOCK_WITHIN_MS}`);
    await clear(client, options.overwrite ?? false);
    await apply(work);
  } catch (error) {
    await rollBack(client);
    throw explain(error);
  }
  await commit(client);
}

function explain(error: unknown): unknown {
  if (error instanceof BackupError) return error;
  if (error instanceof pg.DatabaseError && error.code === LOCK_NOT_AVAILABLE) {
    const text = "other programs use the tables that have to be replaced; stop them and try again, nothing was changed";
    return new BackupError("database-busy", text, { cause: error });
  }
  const text = `restoring failed, and the database is as it was: ${describe(error)}`;
  return new BackupError("restore-failed", text, { cause: error });
}

async function commit(client: pg.Client): Promise<void> {
  try {
    await client.query("COMMIT");
  } catch (error) {
    const lost = !(error instanceof pg.DatabaseError) || isConnectionLost(error);
    const text = lost
      ? "the connection was lost while the end of the restore was being recorded: the database holds either all of the backup or what it held before"
      : "restoring failed at its end, and the database is as it was";
    throw new BackupError("restore-failed", `${text}: ${describe(error)}`, { cause: error });
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function clear(client: pg.Client, overwrite: boolean): Promise<void> {
  const drops = await listDrops(client);
  if (drops.length > 0 && !overwrite) {
    const tables = (await listTables(client)).map((table) => table.name);
    throw new BackupError(
      "database-in-use",
      `the database holds ${tables.length > 0 ? `${tables.length} tables` : "functions or types"} already; ` +
        "restore into an empty one, or allow it to be overwritten",
      { data: { tables } },
    );
  }
  for (const drop of drops) await client.query(drop);
}

/** [BACKUP-2] Applies the text as it was proven: `readArchive` throws at its end where the file has been changed in the meantime. */
async function apply(work: Work): Promise<void> {
  const { client, facts, handle, options } = work;
  const rows = createRowWriter(client, work.lost);
  const scanner = createCopyScanner({ sections: true });
  const pending: string[] = [];
  const onRead = (done: number, of: number) => options.onProgress?.({ phase: "restoring", done, of });
  try {
    for await (const chunk of readArchive(handle, onRead)) {
      for (const piece of scanner.push(chunk)) await applyPiece(client, rows, pending, piece);
    }
    await flush(client, pending);
  } catch (error) {
    await rows.cancel();
    throw error;
  }
  const { tables, rowsWritten } = rows.sums();
  if (tables === facts.tables && rowsWritten === facts.rows) return;
  throw new Error(`${rowsWritten} rows of ${tables} tables arrived, of ${facts.rows} rows of ${facts.tables} tables`);
}

async function applyPiece(client: pg.Client, rows: RowWriter, pending: string[], piece: Piece): Promise<void> {
  if (piece.kind === "line") pending.push(piece.line);
  else if (piece.kind === "rows") await rows.write(piece.bytes);
  else if (piece.kind === "copy-end") await rows.end();
  else {
    await flush(client, pending);
    await rows.begin(piece.statement);
  }
}

async function flush(client: pg.Client, pending: string[]): Promise<void> {
  const sql = pending.join("\n");
  pending.length = 0;
  if (sql.trim() !== "") await client.query(sql);
}

/** Without it the planner would guess for hours. The restore has happened by then, and autovacuum makes up for what is missing. */
async function analyse(client: pg.Client, options: RestoreOptions): Promise<void> {
  try {
    const idents = await listWholeTables(client);
    for (const [done, ident] of idents.entries()) {
      options.onProgress?.({ phase: "analysing", done, of: idents.length });
      await client.query(`ANALYZE ${ident}`);
    }
  } catch (error) {
    options.log.warn({ err: error }, "backup restored, but the planner's statistics are not up to date");
  }
}
