// Owns the words of the commands that serve a person by hand: which ports there are, what is wrong with a bench, a console, a board flashed.
import type { Command } from "commander";
import type { CommandIo } from "./command-io.ts";
import { consoleCommand } from "./console.ts";
import { runDoctor } from "./doctor.ts";
import { flashCommand } from "./flash.ts";
import { listCommand } from "./list.ts";
import { parseNumberUpTo } from "./parse-number.ts";

const TARGET =
  "a board of the bench, /dev/ttyUSB0, usb:SERIAL, usb-location:1-1.2, tcp://host:port or rfc2217://host:port";
const BAUD_MAX = 4_000_000;
const SECONDS_MAX = 86_400;

export function registerByHand(program: Command, io: CommandIo, end: (status: number) => void): void {
  program
    .command("list")
    .description("the serial ports of this machine")
    .option("--bench <file>", "tell the bench's boards beside their ports")
    .option("--probe", "ask each chip for its MAC, which resets its board")
    .option("--json", "JSON on standard output")
    .action(async (flags) => end(await listCommand(flags, io)));
  program
    .command("doctor")
    .description("say what is wrong with a bench and how to mend it")
    .option("--bench <file>", "the bench's file (default: the virtual bench)")
    .option("--probe", "compare each chip's MAC, which resets its board")
    .option("--json", "JSON on standard output")
    .action(async (flags) => end(await runDoctor(flags, io)));
  program
    .command("console")
    .description("talk to a board; Ctrl-] leaves")
    .argument("[board]", TARGET)
    .option("--bench <file>", "the bench's file, which knows the board by its name")
    .option("--no-times", "lines without their times")
    .option("--baud <n>", "bits per second (default: 115200)", parseNumberUpTo(BAUD_MAX))
    .option("--seconds <n>", "end after so long, for scripts", parseNumberUpTo(SECONDS_MAX))
    .action(async (board: string | undefined, flags) => end(await consoleCommand(board, flags, io)));
  program
    .command("flash")
    .description("make a board a trap, or give a trap other firmware")
    .argument("[board]", TARGET)
    .option("--bench <file>", "the bench's file, which knows the board by its name")
    .option("--mac <mac>", "of the board that may be written to; without it the chip is asked and nothing is written")
    .option("--storage <file>", "a composed Storage partition (default: made of the sources as they stand)")
    .option("--interpreter <file>", "the list of the interpreter's files with their hashes")
    .option("--identity <word>", "new: a trap that has lived through nothing; keep: what it is stays (default: keep)")
    .option("--cloud <url>", "whose trap a new identity is")
    .option("--kind <word>", "of the trap (default: live-catch)")
    .option("--json", "JSON on standard output")
    .action(async (board: string | undefined, flags) => end(await flashCommand(board, flags, io)));
}
