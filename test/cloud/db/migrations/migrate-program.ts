// A program of its own that migrates, for tests that run several at once or kill one: `migrate-program.ts <address> <version>
// [folder of migrations]`, which is up or down to that version. Prints a line of JSON at the end.
import { migrateDown, migrateUp } from "../../../../cloud/db/migrations/migrate.ts";
import { MigrationError } from "../../../../cloud/db/migrations/migration-error.ts";
import { loadMigrations } from "../../../../cloud/db/migrations/migration-files.ts";
import { readStatus } from "../../../../cloud/db/migrations/migration-status.ts";
import { testLog as log } from "../../../support/test-log.ts";

async function main(url: string, to: number, folder: string | undefined): Promise<void> {
  try {
    const migrations = await loadMigrations(folder);
    const { version } = await readStatus(url, { migrations });
    const migrate = version > to ? migrateDown : migrateUp;
    console.log(JSON.stringify(await migrate(url, { log, migrations, to })));
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
    console.log(JSON.stringify({ code: error.code, message: error.message }));
  }
}

await main(process.argv[2] ?? "", Number(process.argv[3]), process.argv[4]);
