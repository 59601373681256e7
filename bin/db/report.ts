// Owns how a command tells what it does: lines for a person, or JSON lines for a program, of which the last is the summary. What a
// command finds goes to standard output, what it says beside that to standard error. No password gets through, whoever wrote it.
import type { Problem } from "./problem.ts";
import type { Terminal } from "./terminal.ts";
import { formatMs, maskPasswords } from "./words.ts";

export type Facts = Record<string, unknown>;

export interface Report {
  /** Something that happened or was found. Without words it is for programs alone. */
  event(name: string, facts: Facts, ...words: string[]): void;
  /** For a person alone: what a program has from the facts. */
  say(...words: string[]): void;
  /** What is being done just now: a line that is replaced, on a terminal; at most one line a second for a program. */
  progress(words: string, facts?: Facts): void;
  /** Beside the matter. */
  remark(words: string): void;
  done(facts: Facts, words: string | null): void;
  failed(problem: Problem): void;
}

const PROGRESS_EVERY_MS = 1_000;

export interface ReportOptions {
  command: string;
  json: boolean;
  /** In milliseconds; only differences count. */
  now(): number;
}

export function createReport(terminal: Terminal, options: ReportOptions): Report {
  return options.json ? createJsonReport(terminal, options) : createPersonReport(terminal, options);
}

function createPersonReport(terminal: Terminal, { command, now }: ReportOptions): Report {
  const begun = now();
  const paint = (on: boolean, code: number, text: string): string => (on ? `\u001b[${code}m${text}\u001b[0m` : text);
  const { colour } = terminal;
  const out = (line: string): void => terminal.out(maskPasswords(line));
  const err = (line: string): void => terminal.err(maskPasswords(line));
  return {
    event(_name, _facts, ...words) {
      for (const line of words) out(line);
    },
    say(...words) {
      for (const line of words) out(line);
    },
    progress: (words) => terminal.live(maskPasswords(words)),
    remark: (words) => err(paint(colour.err, 2, words)),
    done(_facts, words) {
      terminal.live("");
      if (words !== null) out(`${paint(colour.out, 32, "✓")} ${words} (${formatMs(now() - begun)})`);
    },
    failed(problem) {
      terminal.live("");
      err(`${paint(colour.err, 31, "✗")} ${command}: ${problem.message}`);
      for (const line of problem.advice) err(`  ${line}`);
    },
  };
}

function createJsonReport(terminal: Terminal, { command, now }: ReportOptions): Report {
  const begun = now();
  let progressAt = begun;
  const write = (facts: Facts): void => terminal.out(maskPasswords(JSON.stringify(facts)));
  const end = (ok: boolean, facts: Facts): void => write({ ok, command, ...facts, ms: Math.round(now() - begun) });
  return {
    event: (name, facts) => write({ event: name, ...facts }),
    say: () => undefined,
    progress(words, facts) {
      if (words === "" || now() - progressAt < PROGRESS_EVERY_MS) return;
      progressAt = now();
      write({ event: "progress", doing: words, ...facts });
    },
    remark: (words) => terminal.err(maskPasswords(words)),
    done: (facts) => end(true, facts),
    failed: ({ code, message, advice }) => end(false, { code, error: message, advice: advice.join("\n") }),
  };
}
