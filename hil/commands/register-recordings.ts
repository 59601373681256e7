// Owns the words of the commands that work on recordings: replayed by hand, kept as tests.
import type { Command } from "commander";
import type { CommandIo } from "./command-io.ts";
import { keepCommand } from "./keep.ts";
import { replayCommand } from "./replay.ts";

export function registerRecordings(program: Command, io: CommandIo, end: (status: number) => void): void {
  program
    .command("replay")
    .description("put a recording into a virtual board, or play its trap to a cloud, and tell the differences")
    .argument("<recording>", "of a run with --record, in its folder, or one that was kept")
    .option(
      "--storage <file>",
      "a composed Storage partition for the board (default: made of the sources as they stand)",
    )
    .option("--cloud <which>", "simulated: into a board; local or http://host:port: to that cloud (default: simulated)")
    .option("--speed <n>", "how much faster than ours the board's time runs (default: 4)")
    .option("--kind <word>", "of the trap (default: live-catch)")
    .option("--json", "JSON on standard output")
    .action(async (recording: string, flags) => end(await replayCommand(recording, flags, io)));
  program
    .command("keep")
    .description("make a recording a test of this repository")
    .argument("<recording>", "of a run with --record")
    .requiredOption("--name <name>", "of the test: mouse-in-attic")
    .option("--against <half...>", "trap or cloud (default: what the recording has)")
    .option("--must <output...>", 'what has to come out of the trap: "mqtt event kind=sprung"')
    .option("--never <output...>", "what must not")
    .option("--force", "in place of what was kept under this name before")
    .action(async (recording: string, flags) => end(await keepCommand(recording, flags, io)));
}
