// Owns the words of the bench's command line: commands, options, help. What each does is its own file's.
import { Command, CommanderError, Option } from "commander";
import { EXIT, HilError } from "../error.ts";
import { FAULT_NAMES } from "../resources/bench-schema.ts";
import type { CommandIo } from "./command-io.ts";
import { parseNumberUpTo } from "./parse-number.ts";
import { registerByHand } from "./register-by-hand.ts";
import { registerRecordings } from "./register-recordings.ts";
import { registerSharing } from "./register-sharing.ts";
import { reportCommand } from "./report.ts";
import { runCommand } from "./run.ts";
import type { RunFlags } from "./run-options.ts";

const COUNT_MAX = 1000;
const NOTHING_NAMED = { board: [], label: [], suite: [], repeat: 1 };

/** @returns the exit status */
export async function runCommandLine(words: string[], io: CommandIo): Promise<number> {
  let status: number = EXIT.passed;
  const program = createProgram(words, io, (ended) => {
    status = ended;
  });
  try {
    refuseUnknown(program, words);
    await program.parseAsync(words, { from: "user" });
    return status;
  } catch (error) {
    if (error instanceof HilError) return endTrouble(error, words, io);
    if (error instanceof CommanderError) return endUsage(error, words, io);
    throw error;
  }
}

/** With a default command, what is misspelt would be taken for that command's arguments. */
function refuseUnknown(program: Command, [word = ""]: string[]): void {
  const names = program.commands.map((command) => command.name());
  if (word === "" || word.startsWith("-") || word === "help" || names.includes(word)) return;
  throw new HilError("usage", "no-such-command", `There is no command "${word}". There are: ${names.join(", ")}.`);
}

function endTrouble(error: HilError, words: string[], io: CommandIo): number {
  const exitStatus = error.kind === "usage" ? EXIT.usage : EXIT.infrastructure;
  io.writeError(error.message);
  if (words.includes("--json"))
    io.write(JSON.stringify({ ok: false, code: error.code, error: error.message, exitStatus }));
  return exitStatus;
}

/** Commander has told a person by now; a program is told here. */
function endUsage(error: CommanderError, words: string[], io: CommandIo): number {
  if (error.exitCode === 0) return EXIT.passed;
  const text = error.message.replace(/^error: /, "");
  if (words.includes("--json"))
    io.write(JSON.stringify({ ok: false, code: "usage", error: text, exitStatus: EXIT.usage }));
  return EXIT.usage;
}

function createProgram(words: string[], io: CommandIo, end: (status: number) => void): Command {
  const program = new Command("npm run hil --")
    .description(
      "The bench: flash boards, run every promise end to end, prove it. Without a word: everything on a virtual board.",
    )
    .exitOverride()
    .showHelpAfterError("  --help tells how it is used")
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => io.writeError(text.trimEnd()),
    });
  program
    .command("run", { isDefault: true })
    .description("run suites on boards; on a virtual one where no bench is named")
    .option("--bench <file>", "the bench's file (hil/benches/example.yaml shows one)")
    .option("--board <name>", "only this board; may be said again", collect)
    .option("--label <key=value>", "only boards with this label; may be said again", collect)
    .option("--suite <name>", "only this suite; may be said again", collect)
    .option("--repeat <n>", "run everything n times, to tell what is flaky", parseNumberUpTo(COUNT_MAX))
    .option("--boards <n>", "so many virtual boards", parseNumberUpTo(COUNT_MAX))
    .addOption(
      new Option("--fault <name>", "flash a firmware that is broken on purpose, to see the bench notice").choices(
        FAULT_NAMES,
      ),
    )
    .option("--fail-fast", "begin nothing more after the first failure")
    .option("--record", "keep what went in and out of each board, to be replayed")
    .option("--reason <text>", "why the boards are taken, for whoever else wants them")
    .option("--out <folder>", "write the results there")
    .option("--json", "JSON lines on standard output, the last a summary")
    .action(async (flags: Partial<RunFlags>) => end(await runCommand({ ...NOTHING_NAMED, ...flags }, io, words)));
  program
    .command("report")
    .description("make the reports of a run anew, as after the bench was killed")
    .argument("<folder>", "of the run")
    .action(async (folder: string) => end(await reportCommand(folder, io)));
  registerByHand(program, io, end);
  registerSharing(program, io, end);
  registerRecordings(program, io, end);
  return program;
}

function collect(word: string, before: string[] = []): string[] {
  return [...before, word];
}
