// The bench as a program: reads its surroundings and its words, runs one command, and ends with that command's exit status. The first wish
// to end lets it tear down and tell what it has [BENCH-14]; the second ends it at once.
import { join } from "node:path";
import type { CommandIo } from "./commands/command-io.ts";
import { runCommandLine } from "./commands/register.ts";
import { readHilConfig } from "./config.ts";
import { EXIT } from "./error.ts";
import { createStrays, type Strays } from "./steps/strays.ts";

/** npm passes Ctrl-C on to a program that the terminal has told already: that is one wish, not two. */
const SAME_WISH_MS = 500;
const EXIT_ENDED_TWICE = 130;

function watchForInterrupt(strays: Strays): AbortSignal {
  const wish = new AbortController();
  let wishedAt = Number.NaN;
  const hear = (): void => {
    const now = performance.now();
    if (now - wishedAt > SAME_WISH_MS) process.exit(EXIT_ENDED_TWICE);
    if (Number.isNaN(wishedAt)) wishedAt = now;
    wish.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, hear);
  // What belongs to no suite is a fault of the bench: it ends, but as Ctrl-C does, with everything put back and the leases released.
  const takeStray = (thrown: unknown): void => {
    if (strays.take(thrown)) return;
    process.stderr.write(`The bench itself failed: ${thrown instanceof Error ? thrown.stack : String(thrown)}\n`);
    process.exitCode = EXIT.infrastructure;
    wish.abort();
  };
  for (const event of ["uncaughtException", "unhandledRejection"] as const) process.on(event, takeStray);
  return wish.signal;
}

/** A reader who has left (`| head`) ends the telling, not the teardown. */
function ignoreClosedPipe(stream: NodeJS.WriteStream): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

const strays = createStrays();
const root = join(import.meta.dirname, "..");
const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
const config = readHilConfig(root, process.stdout.isTTY === true);
ignoreClosedPipe(process.stdout);
ignoreClosedPipe(process.stderr);
const io: CommandIo = {
  ...config,
  root,
  isTerminal,
  stdin: process.stdin,
  stdout: process.stdout,
  write: (line) => void process.stdout.write(`${line}\n`),
  writeError: (line) => void process.stderr.write(`${line}\n`),
  signal: watchForInterrupt(strays),
  strays,
  now: () => Date.now(),
};
const status = await runCommandLine(process.argv.slice(2), io);
// Said outright: no socket that something beneath has forgotten keeps a bench from ending.
for (const stream of [process.stdout, process.stderr]) await new Promise((resolve) => stream.write("", resolve));
process.exit(process.exitCode ?? status);
