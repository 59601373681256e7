// Owns the words of the commands about boards that several people share: leases, quarantine, what past runs say, and the form of a bench's
// file.
import type { Command } from "commander";
import type { CommandIo } from "./command-io.ts";
import { runBreakLease, runLease, runLeases, runReleaseLease } from "./leases.ts";
import { runQuarantineAdd, runQuarantineLift, runQuarantineList } from "./quarantine.ts";
import { runSchema } from "./schema.ts";
import { runStats } from "./stats.ts";

const BENCH = ["--bench <file>", "the bench's file, which knows the board by its name"] as const;
const JSON_FLAG = ["--json", "JSON on standard output"] as const;

export function registerSharing(program: Command, io: CommandIo, end: (status: number) => void): void {
  registerLeases(program, io, end);
  registerQuarantine(program, io, end);
  program
    .command("stats")
    .description("what past runs say of boards and suites, and which of the two is flaky")
    .option("--suite <name>", "of this suite alone")
    .option("--board <name>", "of this board alone, by name or MAC")
    .option("--since <time>", "only what came since, as 7d")
    .option(...JSON_FLAG)
    .action(async (flags) => end(await runStats(flags, io)));
  program
    .command("schema")
    .description("print the JSON schema of a bench's file")
    .action(async (flags) => end(await runSchema(flags, io)));
}

function registerLeases(program: Command, io: CommandIo, end: (status: number) => void): void {
  program
    .command("leases")
    .description("who uses which board, until when, and why")
    .option(...JSON_FLAG)
    .action(async (flags) => end(await runLeases(flags, io)));
  program
    .command("lease")
    .description("keep a board for yourself")
    .argument("<board>", "name or MAC")
    .requiredOption("--for <time>", "so long, as 2h")
    .requiredOption("--reason <text>", "why, for the others")
    .option(...BENCH)
    .action(async (board: string, flags) => end(await runLease({ ...flags, board }, io)));
  program
    .command("release-lease")
    .description("give a board back")
    .argument("<board>", "name or MAC")
    .option(...BENCH)
    .action(async (board: string, flags) => end(await runReleaseLease({ ...flags, board }, io)));
  program
    .command("break-lease")
    .description("take a board from whoever has it; they are told")
    .argument("<board>", "name or MAC")
    .requiredOption("--reason <text>", "why, for the one who loses it")
    .option(...BENCH)
    .action(async (board: string, flags) => end(await runBreakLease({ ...flags, board }, io)));
}

function registerQuarantine(program: Command, io: CommandIo, end: (status: number) => void): void {
  const quarantine = program.command("quarantine").description("boards that runs leave out").exitOverride();
  quarantine
    .command("add")
    .description("leave a board out of all runs for a while")
    .argument("<board>", "name or MAC")
    .requiredOption("--reason <text>", "why, for the others")
    .option("--for <time>", "so long, as 3d (default: 7d)")
    .option(...BENCH)
    .action(async (board: string, flags) => end(await runQuarantineAdd({ ...flags, board }, io)));
  quarantine
    .command("list")
    .description("which boards are left out, why, and until when")
    .option(...JSON_FLAG)
    .action(async (flags) => end(await runQuarantineList(flags, io)));
  quarantine
    .command("lift")
    .description("let runs use a board again")
    .argument("<board>", "name or MAC")
    .option(...BENCH)
    .action(async (board: string, flags) => end(await runQuarantineLift({ ...flags, board }, io)));
}
