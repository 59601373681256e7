// The cloud as a program of its own: reads its configuration, migrates if asked to (`--migrate`), starts, and on SIGTERM or SIGINT stops
// within ten seconds; with `--with-parent` also when its standard input ends, as it does with whoever started it. What it consists of is
// compose.ts.
import { type Logger, pino } from "pino";
import { type Cloud, createCloud, explainStart, migrateDatabase } from "./compose.ts";
import { type Config, parseConfig } from "./config.ts";

const STOP_MS_MAX = 10_000;
const EXIT_BAD_CONFIG = 2;

async function main(): Promise<void> {
  const parsed = parseConfig();
  if (!parsed.ok) {
    for (const problem of parsed.problems) console.error(problem);
    process.exitCode = EXIT_BAD_CONFIG;
    return;
  }
  const { config } = parsed;
  const log = pino({ level: config.logLevel });
  const asked = new Promise<string>((resolve) => {
    process.once("SIGTERM", () => resolve("SIGTERM"));
    process.once("SIGINT", () => resolve("SIGINT"));
    if (process.argv.includes("--with-parent")) {
      process.stdin.once("end", () => resolve("end of input")).resume();
      // Listening is no reason to stay: where the start fails, the program ends.
      process.stdin.unref();
    }
  });
  const isMigrating = process.argv.includes("--migrate");
  if (isMigrating && config.databaseUrl === null) {
    console.error("--migrate needs the address of the database's owner in DATABASE_URL");
    process.exitCode = EXIT_BAD_CONFIG;
    return;
  }
  const cloud = await start(config, isMigrating, log);
  if (cloud === null) return;
  log.info({ signal: await asked }, "cloud stopping");
  const limit = setTimeout(() => {
    log.error({ ms: STOP_MS_MAX }, "cloud did not stop in time");
    process.exit(1);
  }, STOP_MS_MAX);
  await cloud.stop();
  clearTimeout(limit);
  log.info({}, "cloud stopped");
}

/** Null, and the reason told, where the database is not as it has to be. */
async function start(config: Config, isMigrating: boolean, log: Logger): Promise<Cloud | null> {
  try {
    if (isMigrating && config.databaseUrl !== null) await migrateDatabase(config.databaseUrl, log);
    return await createCloud({ config, log });
  } catch (error) {
    const words = explainStart(error);
    if (words === null) throw error;
    console.error(words);
    process.exitCode = 1;
    return null;
  }
}

await main();
