// A program of its own that makes a backup, for tests that starve it, kill it or give it another pg_dump:
// `backup-program.ts <address> <file> [stall]`. Prints a line when rows begin, and one of JSON at the end. With `stall` it stops there.
import { createBackup } from "../../../../cloud/db/backup/backup.ts";
import { BackupError } from "../../../../cloud/db/backup/backup-error.ts";
import { testLog } from "../../../support/test-log.ts";

async function main(url: string, file: string, stalls: boolean): Promise<void> {
  let begun = false;
  const onProgress = () => {
    if (!begun) process.stdout.write("rows begin\n");
    begun = true;
    if (stalls) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  };
  try {
    const { tool, tables, rows } = await createBackup({ url, file, log: testLog, onProgress });
    console.log(JSON.stringify({ tool, tables, rows }));
  } catch (error) {
    if (!(error instanceof BackupError)) throw error;
    console.log(JSON.stringify({ code: error.code, message: error.message }));
  }
}

await main(process.argv[2] ?? "", process.argv[3] ?? "", process.argv[4] === "stall");
