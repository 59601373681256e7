// What the tests of backups share: a folder for the files, empty and filled databases on one server, and a backup that is expected to work.
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import { type BackupResult, createBackup } from "../../../../cloud/db/backup/backup.ts";
import { migrateUp } from "../../../../cloud/db/migrations/migrate.ts";
import { createDatabaseUrl } from "../../../support/postgres-server.ts";
import { testLog } from "../../../support/test-log.ts";
import { withClient } from "./database-picture.ts";
import { fillDatabase } from "./fill-database.ts";
import { createOddTables } from "./odd-tables.ts";

export interface BackupBench {
  /** A path in a folder of its own; nothing stands there yet. */
  createFile(): string;
  /** Names of what stands in that folder, hidden ones too. */
  listFiles(): Promise<string[]>;
  /** The address of a new database with nothing in it. */
  createEmpty(): Promise<string>;
  /** With the newest schema, rows in every table, and tables that no migration makes. */
  createFilled(): Promise<string>;
  /** `pgDump` is `never` unless told. */
  backUp(url: string, pgDump?: string): Promise<BackupResult>;
  stop(): Promise<void>;
}

/** @param serverUrl of a role that may create databases @param prefix of their names */
export async function createBackupBench(serverUrl: string, prefix: string): Promise<BackupBench> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "trapline-backup-"));
  const databases: string[] = [];
  let files = 0;
  const createEmpty = async () => {
    const name = `${prefix}_${databases.length}`;
    databases.push(name);
    await withClient(serverUrl, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`));
    return createDatabaseUrl(serverUrl, name);
  };
  const createFile = () => {
    files += 1;
    return path.join(folder, `${files}.sql.gz`);
  };
  return {
    createFile,
    listFiles: () => fs.readdir(folder),
    createEmpty,
    async createFilled() {
      const url = await createEmpty();
      await migrateUp(url, { log: testLog });
      await withClient(url, async (client) => {
        await fillDatabase(client);
        await createOddTables(client);
      });
      return url;
    },
    backUp: (url, pgDump = "never") => createBackup({ url, file: createFile(), log: testLog, pgDump }),
    async stop() {
      for (const name of databases) {
        await withClient(serverUrl, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
      }
      await fs.rm(folder, { recursive: true, force: true });
    },
  };
}
