// Owns what a migration file is: its name, its two sections, its checksum and those it had before. Applying it is migrate.ts.
import * as crypto from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { MigrationError } from "./migration-error.ts";

/** A text this file had when databases applied it, and why it had to be corrected all the same. */
export interface EarlierText {
  checksum: string;
  reason: string;
}

export interface Migration {
  version: number;
  /** The file's name without its ending, as it is recorded. */
  name: string;
  /** SHA-256 of the text with line feeds, so that a checkout with other line ends is the same migration. */
  checksum: string;
  /** From the lines `-- Earlier: <checksum>, <reason>` above the sections: a database that applied such a text is as good. */
  earlier: EarlierText[];
  up: string;
  down: string;
}

const FILE_NAME = /^(\d{3})_[a-z0-9_]+\.sql$/;
const EARLIER = /^-- *Earlier:(.*)$/gim;
const EARLIER_WORDS = /^ ([0-9a-f]{64}), (\S.*)$/;
/** At the beginning of a line, where the body of a function has nothing of the kind. */
const ENDS_TRANSACTION = /^(?:BEGIN|START TRANSACTION|COMMIT|ROLLBACK)\b[^;\n]*;/im;
export const MIGRATIONS_DIRECTORY = path.resolve(import.meta.dirname, "../../../migrations");

/**
 * In order of their versions, which have to be 1, 2, 3 ...
 * @throws MigrationError `migration-malformed` for a file without its sections, a gap or a number used twice.
 */
export async function loadMigrations(directory = MIGRATIONS_DIRECTORY): Promise<Migration[]> {
  const names = (await fs.readdir(directory)).filter((name) => FILE_NAME.test(name)).sort();
  const migrations: Migration[] = [];
  for (const name of names) {
    const migration = parseMigration(name, await fs.readFile(path.join(directory, name), "utf8"));
    if (migration.version !== migrations.length + 1) {
      throw malformed(name, `${name} should be number ${migrations.length + 1} of its folder`);
    }
    migrations.push(migration);
  }
  return migrations;
}

/** The sections begin with the lines `-- UP` and `-- DOWN`; what stands above `-- UP` is for people, but for the earlier checksums. */
export function parseMigration(fileName: string, source: string): Migration {
  const text = source.replace(/\r\n/g, "\n");
  const version = FILE_NAME.exec(fileName)?.[1];
  const sections = /^([\s\S]*?)(?<=^|\n)-- UP *\n([\s\S]*)\n-- DOWN *\n([\s\S]*)$/.exec(text);
  const [head = "", up = "", down = ""] = (sections ?? []).slice(1).map((section) => section.trim());
  if (version === undefined || sections === null || /^-- (UP|DOWN) *$/m.test(`${up}\n${down}`)) {
    throw malformed(
      fileName,
      `${fileName} must be named like 008_what_it_does.sql and have one "-- UP" and one "-- DOWN" section, in this order`,
    );
  }
  if (isEmpty(up) || isEmpty(down)) {
    throw malformed(
      fileName,
      `${fileName} has a section without a statement: write what to do, and how to take it back`,
    );
  }
  if (ENDS_TRANSACTION.test(`${up}\n${down}`)) {
    throw malformed(
      fileName,
      `${fileName} begins or ends a transaction: each section runs in one of its own, leave it out`,
    );
  }
  if (new RegExp(EARLIER).test(`${up}\n${down}`)) {
    throw malformed(fileName, `${fileName} names an earlier checksum below "-- UP"; it belongs above`);
  }
  const checksum = crypto.createHash("sha256").update(text).digest("hex");
  const name = fileName.replace(/\.sql$/, "");
  return { version: Number(version), name, checksum, earlier: listEarlier(fileName, head), up, down };
}

function listEarlier(fileName: string, head: string): EarlierText[] {
  return [...head.matchAll(EARLIER)].map((line) => {
    const [, checksum, reason] = EARLIER_WORDS.exec(line[1] ?? "") ?? [];
    if (checksum !== undefined && reason !== undefined) return { checksum, reason };
    throw malformed(
      fileName,
      `${fileName} must write earlier checksums as "-- Earlier: <64 hex digits>, <the reason>"`,
    );
  });
}

/** The text a database applied, by its recorded checksum: this one, an earlier one, or null for one that nobody knows. */
export function findText(migration: Migration, checksum: string): "current" | EarlierText | null {
  if (checksum === migration.checksum) return "current";
  return migration.earlier.find((earlier) => earlier.checksum === checksum) ?? null;
}

/** 9 is `009`, as files are numbered. */
export function formatVersion(version: number): string {
  return String(version).padStart(3, "0");
}

function isEmpty(section: string): boolean {
  return section.replaceAll(/^\s*--.*$/gm, "").trim() === "";
}

function malformed(file: string, message: string): MigrationError {
  return new MigrationError("migration-malformed", message, { data: { file } });
}
