// Owns the command line: which programs there are and their options. It starts them and holds no logic of theirs.
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { readBinConfig } from "./config.ts";
import { up } from "./up/up.ts";

const ROOT = join(import.meta.dirname, "..");

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new InvalidArgumentError("A port is a whole number from 0 to 65535.");
  return port;
}

/** Resolves at the first wish to end; at the second the process goes at once, whatever is still running. */
function waitForInterrupt(): Promise<void> {
  return new Promise((resolve) => {
    let wishes = 0;
    const wish = (): void => {
      wishes++;
      if (wishes > 1) process.exit(130);
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
  const program = new Command("trapline").description("Connected mouse traps: cloud, firmware, simulator.");
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
  program
    .command("firmware")
    .description("build the firmware and tell its size: firmware build [--version X] [--json], firmware stats")
    .allowUnknownOption()
    .helpOption(false)
    .argument("[words...]")
    .action(async (_words: string[], _flags: object, command: Command) => {
      const { firmwareCommand } = await import("../firmware/bundle/command.ts");
      process.exitCode = await firmwareCommand(command.args, {
        root: ROOT,
        write: (line: string) => process.stdout.write(`${line}\n`),
        writeError: (line: string) => process.stderr.write(`${line}\n`),
      });
    });
  return program;
}

await createProgram().parseAsync();
