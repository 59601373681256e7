// A program of its own that starts the embedded PostgreSQL, for tests that kill it: `embedded-program.ts <data folder> [join]`.
// Prints one line of JSON when the server is up or has been refused; stops it when its input ends.
import { DbStartError } from "../../../../cloud/db/embedded/db-start-error.ts";
import { joinEmbeddedPostgres, startEmbeddedPostgres } from "../../../../cloud/db/embedded/embedded.ts";
import { testLog } from "../../../support/test-log.ts";

async function main(dataDir: string, shared: boolean): Promise<void> {
  try {
    const options = { dataDir, durable: false, log: testLog };
    const postgres = await (shared ? joinEmbeddedPostgres(options) : startEmbeddedPostgres(options));
    console.log(
      JSON.stringify({ pid: postgres.pid, url: postgres.url, adopted: postgres.adopted, uid: process.getuid?.() }),
    );
    process.stdin.resume().once("end", () => void postgres.stop());
  } catch (error) {
    if (!(error instanceof DbStartError)) throw error;
    console.log(JSON.stringify({ code: error.code, message: error.message }));
  }
}

await main(process.argv[2] ?? "", process.argv[3] === "join");
