// Owns what a backup's text says about itself: the comment lines at its head, the marks of its sections, the last line.
// Pure. What lies between the marks is SQL that psql could run; the file around the text is archive-file.ts.
import { strict as assert } from "node:assert";

/** Raised when a reader of today would misread the text. */
export const FORMAT = 1;
const MARK = "-- trapline-backup";
export const SECTIONS = ["before", "data", "after"] as const;
export type Section = (typeof SECTIONS)[number];
/** A head is longer by one line per migration; whatever is longer than this is no head. */
export const HEAD_BYTES_MAX = 1_048_576;
export const TRAILER_BYTES_MAX = 256;

export interface MigrationFact {
  version: number;
  name: string;
  /** SHA-256 in hexadecimal, as schema_migrations recorded it. */
  checksum: string;
}

export interface BackupHead {
  format: number;
  /** When the snapshot was taken, ISO 8601 in UTC. */
  takenAt: string;
  /** As the server names itself: `18.4`, `15.18 (Debian ...)`. */
  serverVersion: string;
  /** What read the rows: `pg_dump 15.18`, or `copy`. */
  tool: string;
  /** The newest migration applied; 0 where the database has no record of ours. */
  version: number;
  migrations: MigrationFact[];
}

export interface BackupTrailer {
  /** Of every byte before the last line, in hexadecimal. */
  sha256: string;
  tables: number;
  rows: number;
}

/** What a whole backup tells about itself. */
export interface BackupFacts extends BackupHead, BackupTrailer {}

/** Settings that rows are written and read under, so that no server's own taste changes a value. */
export const VALUE_SETTINGS: [name: string, value: string][] = [
  ["client_encoding", "UTF8"],
  ["DateStyle", "ISO, YMD"],
  ["IntervalStyle", "postgres"],
  ["TimeZone", "UTC"],
  ["extra_float_digits", "3"],
  ["bytea_output", "hex"],
  ["row_security", "on"],
];

/** The head with the settings that a restore needs, up to where the first section begins. */
export function encodeHead(head: BackupHead): string {
  const facts: [string, string][] = [
    ["format", String(head.format)],
    ["taken-at", head.takenAt],
    ["server", head.serverVersion],
    ["tool", head.tool],
    ["schema-version", String(head.version)],
    ...head.migrations.map((one): [string, string] => ["migration", `${one.version} ${one.name} ${one.checksum}`]),
  ];
  const lines = facts.map(([name, value]) => {
    assert(!/[\r\n]/.test(value), `${name} is one line`);
    return `${MARK} ${name}=${value}`;
  });
  const settings = VALUE_SETTINGS.map(([name, value]) => `SET ${name} = '${value}';`);
  return [
    ...lines,
    "-- By hand, into an empty database whose server has the roles: zcat FILE | psql --single-transaction -v ON_ERROR_STOP=1",
    ...settings,
    "",
  ].join("\n");
}

export type DecodedHead = { ok: true; head: BackupHead } | { ok: false; format: number | null };

/** Reads the lines that `encodeHead` wrote. `format` is what the first line says where the rest cannot be read. */
export function decodeHead(text: string): DecodedHead {
  const facts = new Map<string, string>();
  const migrations: MigrationFact[] = [];
  for (const line of text.split("\n")) {
    const [, name, value] = /^-- trapline-backup ([a-z-]+)=(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) break;
    const migration = name === "migration" ? /^(\d+) (\S+) (\S+)$/.exec(value) : null;
    if (migration !== null) {
      const [, version = "", migrationName = "", checksum = ""] = migration;
      migrations.push({ version: Number(version), name: migrationName, checksum });
    } else facts.set(name, value);
  }
  const format = readInteger(facts.get("format"));
  if (format !== FORMAT) return { ok: false, format };
  const version = readInteger(facts.get("schema-version"));
  const [takenAt, serverVersion, tool] = [facts.get("taken-at"), facts.get("server"), facts.get("tool")];
  if (version === null || takenAt === undefined || serverVersion === undefined || tool === undefined) {
    return { ok: false, format };
  }
  return { ok: true, head: { format, takenAt, serverVersion, tool, version, migrations } };
}

function readInteger(text: string | undefined): number | null {
  return text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) : null;
}

export function encodeTrailer(trailer: BackupTrailer): string {
  return `${MARK}-end sha256=${trailer.sha256} tables=${trailer.tables} rows=${trailer.rows}\n`;
}

/** @param line without its line feed */
export function decodeTrailer(line: string): BackupTrailer | null {
  const match = /^-- trapline-backup-end sha256=([0-9a-f]{64}) tables=([0-9]{1,15}) rows=([0-9]{1,15})$/.exec(line);
  const [, sha256, tables, rows] = match ?? [];
  return sha256 === undefined ? null : { sha256, tables: Number(tables), rows: Number(rows) };
}

export function encodeMark(section: Section): string {
  return `${MARK} section=${section}\n`;
}

/** @param line without its line feed */
export function decodeMark(line: string): Section | null {
  return SECTIONS.find((section) => `${line}\n` === encodeMark(section)) ?? null;
}

/** True for SQL that a reader could take for one of our lines, say in the body of a function. */
export function hasMark(sql: string): boolean {
  return `\n${sql}`.includes(`\n${MARK}`);
}

/** `backup_20261120_093000.sql.gz`, in UTC. */
export function createBackupName(takenAt: Date): string {
  const [day = "", time = ""] = takenAt.toISOString().replaceAll(/[-:]/g, "").split("T");
  return `backup_${day}_${time.slice(0, 6)}.sql.gz`;
}
