// [BACKUP-1] Makes a backup: one file with everything that the schema public holds, as it was in one moment. The file appears under its name
// when it is whole and on the disk, or not at all. What the moment is stands in snapshot.ts, what the file is in archive-*.ts.
import { strict as assert } from "node:assert";
import * as crypto from "node:crypto";
import pg from "pg";
import { readCatalogue } from "../catalogue/read-catalogue.ts";
import { type SchemaText, writeSchema } from "../catalogue/write-schema.ts";
import type { DatabaseLog } from "../connection.ts";
import { rollBack } from "../migrations/owner-connection.ts";
import { writeArchive } from "./archive-file.ts";
import { encodeHead, encodeMark, encodeTrailer, hasMark } from "./archive-text.ts";
import { BackupError } from "./backup-error.ts";
import { readRows } from "./copy-rows.ts";
import { createCopyScanner, type Piece } from "./copy-scanner.ts";
import { createWholeFile } from "./partial-file.ts";
import { findPgDump, getPgDump, type PgDump, readSslMode, runPgDump } from "./pg-dump.ts";
import { withSession } from "./session.ts";
import { openSnapshot, type Snapshot } from "./snapshot.ts";

export interface BackupOptions {
  /** The owner's address of the database. */
  url: string;
  /** Where the backup is to stand; `createBackupName` gives the usual name. Folders above it are made. */
  file: string;
  log: DatabaseLog;
  onProgress?: (progress: BackupProgress) => void;
  /** `auto` (unless told): pg_dump where one fits, else COPY. `never`: COPY. Else the program to use, and no other. */
  pgDump?: string;
  /** Stops it; nothing is left of the file. */
  signal?: AbortSignal;
}

export interface BackupProgress {
  /** The table whose rows are being written. */
  table: string;
  /** Tables begun, this one counted, of how many. */
  tablesBegun: number;
  tables: number;
  /** Rows written so far, of all tables, and how many the planner believes there are (0 where nobody has counted). */
  rows: number;
  rowsEstimate: number;
}

export interface BackupResult {
  file: string;
  /** Length of the file. */
  bytes: number;
  /** Of the uncompressed text before its last line, in hexadecimal. */
  sha256: string;
  tables: number;
  rows: number;
  /** The newest migration in it; 0 where the database has no record of ours. */
  version: number;
  /** What read the rows: `pg_dump 15.18`, or `copy`. */
  tool: string;
  /** What is in the database and not in the backup, since no migration makes it; in words: `materialized view x`. */
  omitted: string[];
}

/**
 * @throws BackupError `file-exists`, `write-failed`, `tool-failed`, `rows-hidden`, `schema-moving`, `schema-unfit`, `cancelled`; MigrationError for a
 * connection that does not come about
 */
export function createBackup(options: BackupOptions): Promise<BackupResult> {
  return withSession(options.url, options.signal, async (client) => {
    const snapshot = await openSnapshot(client);
    const catalogue = await readCatalogue(client);
    const schema = writeSchema(catalogue, { partitions: true });
    refuseMarks(schema);
    const omitted = catalogue.others;
    if (omitted.length > 0) options.log.warn({ omitted }, "the backup lacks what no migration makes");
    const tool = await chooseTool(options, snapshot.serverMajor);
    const work: Work = { options, client, snapshot, schema, omitted, tool };
    const result = await write(work).catch((error: unknown) => {
      const mayFallBack = (options.pgDump ?? "auto") === "auto" && error instanceof BackupError;
      if (!mayFallBack || error.code !== "tool-failed" || options.signal?.aborted) throw error;
      options.log.warn({ err: error }, "pg_dump failed, rows are read by COPY instead");
      return write({ ...work, tool: null });
    });
    await rollBack(client); // it only read
    options.log.info({ ...result }, "backup written");
    return result;
  });
}

interface Work {
  options: BackupOptions;
  client: pg.Client;
  snapshot: Snapshot;
  schema: SchemaText;
  omitted: string[];
  /** Null: COPY. */
  tool: PgDump | null;
}

/** A function's body may hold any line; one of ours in it would end the section for whoever restores. */
function refuseMarks(schema: SchemaText): void {
  if (!hasMark(schema.before) && !hasMark(schema.after)) return;
  throw new BackupError(
    "schema-unfit",
    "a function or a comment in the database has a line that begins as the lines of a backup do; change that line",
  );
}

async function chooseTool(options: BackupOptions, serverMajor: number): Promise<PgDump | null> {
  const choice = options.pgDump ?? "auto";
  if (choice === "never") return null;
  if (choice !== "auto") return getPgDump(choice, serverMajor);
  // What libpq makes of an address that asks for TLS is not what our driver makes of it; COPY keeps to the one that was checked.
  return readSslMode(options.url) === null ? findPgDump(serverMajor) : null;
}

async function write(work: Work): Promise<BackupResult> {
  const { file, signal } = work.options;
  const tool = work.tool === null ? "copy" : `pg_dump ${work.tool.version}`;
  const sums: Sums = { sha256: "", tables: 0, rows: 0 };
  const bytes = await createWholeFile(file, (handle) =>
    writeArchive(file, handle, writeText(work, tool, sums), signal),
  );
  return { file, bytes, ...sums, version: work.snapshot.head.version, tool, omitted: work.omitted };
}

interface Sums {
  sha256: string;
  tables: number;
  rows: number;
}

/** The whole text; `sums` is filled by the time of the last chunk. */
async function* writeText(work: Work, tool: string, sums: Sums): AsyncGenerator<Buffer> {
  const hash = crypto.createHash("sha256");
  for await (const chunk of writeSections(work, tool, sums)) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    hash.update(bytes);
    yield bytes;
  }
  sums.sha256 = hash.digest("hex");
  yield Buffer.from(encodeTrailer(sums));
}

async function* writeSections(work: Work, tool: string, sums: Sums): AsyncGenerator<Buffer | string> {
  const { schema, snapshot } = work;
  yield encodeHead({ ...snapshot.head, tool });
  yield `${encodeMark("before")}${schema.before}\n`;
  yield encodeMark("data");
  yield* writeRows(work, sums);
  for (const sequence of snapshot.sequences) yield await writeSequence(work.client, sequence);
  yield `${encodeMark("after")}${schema.after}\n`;
}

async function* writeRows(work: Work, sums: Sums): AsyncGenerator<Buffer | string> {
  const { tables } = work.snapshot;
  const rowsEstimate = tables.reduce((sum, table) => sum + table.rowsEstimate, 0);
  const left = new Set(tables.map((table) => table.name));
  let table = "";
  for await (const piece of readPieces(work)) {
    if (piece.kind === "copy") {
      table = decodeTable(piece.statement);
      if (!left.delete(table))
        throw new BackupError("tool-failed", `rows of ${table} came, which is not to be backed up`);
      sums.tables += 1;
      yield `${piece.statement}\n`;
    } else if (piece.kind === "rows") {
      sums.rows += piece.rows;
      yield piece.bytes;
    } else if (piece.kind === "copy-end") yield "\\.\n\n";
    if (piece.kind === "copy" || piece.kind === "rows") {
      const { rows, tables: tablesBegun } = sums;
      work.options.onProgress?.({ table, tablesBegun, tables: tables.length, rows, rowsEstimate });
    }
  }
  if (left.size === 0) return;
  throw new BackupError("tool-failed", `no rows came for ${[...left].join(", ")}`, { data: { tables: [...left] } });
}

/** What pg_dump writes around the rows sets what newer servers know alone, or is for psql: only the COPY blocks are taken. */
async function* readPieces(work: Work): AsyncGenerator<Piece> {
  const { client, options, snapshot, tool } = work;
  if (tool === null) {
    yield* readRows(client, snapshot.tables);
    return;
  }
  const scanner = createCopyScanner({ sections: false });
  const source = { file: tool.file, client, url: options.url, snapshotId: snapshot.id, signal: options.signal };
  for await (const chunk of runPgDump(source)) yield* scanner.push(chunk);
  if (scanner.end() === "rows") throw new BackupError("tool-failed", "pg_dump ended within a table's rows");
}

/** `COPY public."a ""b""" (...) FROM stdin;` -> `a "b"` */
function decodeTable(statement: string): string {
  const [, quoted, plain] = /^COPY (?:public|"public")\.(?:"((?:[^"]|"")+)"|([^\s("]+))/.exec(statement) ?? [];
  return quoted?.replaceAll('""', '"') ?? plain ?? statement;
}

/** Sequences stand outside of snapshots. Read after the rows, their values lie at or above any that the rows have. */
async function writeSequence(client: pg.Client, ident: string): Promise<string> {
  const answer = await client.query<{ last: string; called: boolean }>(
    `SELECT last_value::text AS last, is_called AS called FROM ${ident}`,
  );
  const row = answer.rows[0];
  assert(row !== undefined, `sequence ${ident} has its one row`);
  return `SELECT pg_catalog.setval(${pg.escapeLiteral(ident)}, ${row.last}, ${row.called});\n`;
}
