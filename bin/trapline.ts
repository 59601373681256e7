// Owns the command line: which programs there are and their options. It starts them and holds no logic of theirs.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { readBinConfig } from "./config.ts";
import { registerDatabaseCommands } from "./db/register.ts";
import { createTerminal } from "./db/terminal.ts";

const ROOT = join(import.meta.dirname, "..");

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new InvalidArgumentError("A port is a whole number from 0 to 65535.");
  return port;
}

/** npm passes Ctrl-C on to a program that the terminal has told already: that is one wish, not two. */
const SAME_WISH_MS = 500;

/** Resolves at the first wish to end; at the second the process goes at once, whatever is still running. */
function waitForInterrupt(): Promise<void> {
  return new Promise((resolve) => {
    let wishedAt = Number.NaN;
    const wish = (): void => {
      const now = performance.now();
      if (now - wishedAt > SAME_WISH_MS) process.exit(130);
      if (Number.isNaN(wishedAt)) wishedAt = now;
      resolve();
    };
    process.on("SIGINT", wish);
    process.on("SIGTERM", wish);
    process.on("SIGHUP", wish);
  });
}

interface UpFlags {
  once?: boolean;
  json?: boolean;
  verbose?: boolean;
  data?: string;
  pagePort?: number;
  apiPort?: number;
  mqttPort?: number;
  simulatorPort?: number;
}

function createProgram(): Command {
  const program = new Command("trapline")
    .description("Connected mouse traps: cloud, firmware, simulator.")
    .exitOverride()
    .showHelpAfterError("  --help tells how it is used");
  program
    .command("up")
    .description("from an empty machine to an answered alert; then stays up with a page to play with")
    .option("--once", "end after the story; the exit status says whether every step was seen within its bound")
    .option("--json", "JSON lines on standard output, remarks on standard error")
    .option("--verbose", "the programs' own logs on standard error")
    .option("--data <folder>", "keep the data there (default: .trapline)")
    .option("--page-port <n>", "of the page", parsePort)
    .option("--api-port <n>", "of the cloud's HTTP", parsePort)
    .option("--mqtt-port <n>", "of the broker", parsePort)
    .option("--simulator-port <n>", "of the simulated trap's controls", parsePort)
    .action(async (flags: UpFlags) => {
      const { databaseUrl, colour } = readBinConfig(process.stdout.isTTY === true);
      const { up } = await import("./up/up.ts");
      process.exitCode = await up({
        root: ROOT,
        databaseUrl,
        colour,
        out: (line) => process.stdout.write(`${line}\n`),
        err: (line) => process.stderr.write(`${line}\n`),
        interrupted: waitForInterrupt(),
        dataDir: flags.data ?? join(ROOT, ".trapline"),
        once: flags.once === true,
        json: flags.json === true,
        verbose: flags.verbose === true,
        ports: { page: flags.pagePort, api: flags.apiPort, mqtt: flags.mqttPort, simulator: flags.simulatorPort },
      });
    });
  registerFirmwareCommands(program);
  const config = readBinConfig(true);
  registerDatabaseCommands(program, {
    root: ROOT,
    config,
    terminal: createTerminal(process, config.colour),
    waitForInterrupt,
    onEnd: (status) => {
      process.exitCode = status;
    },
  });
  return program;
}

function registerFirmwareCommands(program: Command): void {
  program
    .command("firmware")
    .description(
      "build the firmware, tell its size, make keys, sign, verify, inspect, compose the image, make an update: firmware --help",
    )
    .allowUnknownOption()
    .helpOption(false)
    .argument("[words...]")
    .action(async (_words: string[], _flags: object, command: Command) => {
      const { isReleaseCommand, listReleaseHelp, releaseCommand } = await import("../firmware/release/command.ts");
      const { IMAGE_USAGE, imageCommand, isImageCommand } = await import("../firmware/image/command.ts");
      const [word] = command.args;
      const own = isImageCommand(word) ? imageCommand : isReleaseCommand(word) ? releaseCommand : undefined;
      // It holds a compiler, which takes its time to load.
      const run = own ?? (await import("../firmware/bundle/command.ts")).firmwareCommand;
      const { interpreter } = readBinConfig(false);
      const io = {
        root: ROOT,
        write: (line: string) => process.stdout.write(`${line}\n`),
        writeError: (line: string) => process.stderr.write(`${line}\n`),
        randomBytes,
        async readTrapStats(options: { root: string; outDir: string; version?: string }) {
          const { readTrapStats } = await import("../firmware/image/trap-stats.ts");
          return readTrapStats(options, interpreter);
        },
        otherHelp: [...listReleaseHelp(), IMAGE_USAGE],
      };
      process.exitCode = await run(command.args, io);
    });
}

/** What was asked wrongly has been said by the time this throws: in words by commander, and here for programs. */
function endUsage(error: CommanderError): void {
  if (error.exitCode === 0) return;
  process.exitCode = 2;
  if (!process.argv.includes("--json")) return;
  process.stdout.write(
    `${JSON.stringify({ ok: false, code: "usage", error: error.message.replace(/^error: /, "") })}\n`,
  );
}

try {
  await createProgram().parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  endUsage(error);
}
