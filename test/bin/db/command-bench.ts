// A person at a terminal, or nobody, who runs one of the database's commands within the test's own process.
import * as path from "node:path";
import * as assert from "uvu/assert";
import { ENTRIES } from "../../../bin/db/register.ts";
import { type Flags, runCommand } from "../../../bin/db/run.ts";

export interface Wish {
  databaseUrl: string;
  /** The command's one argument. */
  name?: string;
  flags?: Flags;
  /** As a variable of the surroundings says it. */
  production?: string;
  /** What the person types when asked; nobody is there unless told. */
  answer?: string;
  /** The repository, where files are written; this one unless told. */
  root?: string;
  /** Where backups are kept. */
  backupsDir?: string;
}

export interface Told {
  status: number;
  out: string;
  err: string;
  /** What the person was asked. */
  questions: string[];
  /** With the flag json: the last line, and those before it. */
  summary: Record<string, unknown>;
  events: Record<string, unknown>[];
}

const ROOT = path.resolve(import.meta.dirname, "../../..");

/** Run it to its end. */
export async function perform(command: string, wish: Wish): Promise<Told> {
  const entry = ENTRIES.find((one) => one.name === command);
  assert.ok(entry, command);
  const out: string[] = [];
  const err: string[] = [];
  const questions: string[] = [];
  const {
    databaseUrl,
    answer,
    flags = {},
    production = null,
    root = ROOT,
    backupsDir = path.join(root, "backups"),
  } = wish;
  const status = await runCommand(entry.perform, wish.name ?? "", {
    command,
    settings: { databaseUrl, production, root, dataDir: path.join(root, ".trapline"), backupsDir },
    flags,
    terminal: {
      out: (line) => void out.push(line),
      err: (line) => void err.push(line),
      live: () => undefined,
      colour: { out: false, err: false },
      canAsk: answer !== undefined,
      ask: async (question) => {
        questions.push(question);
        return answer ?? null;
      },
    },
    interrupted: new Promise(() => undefined),
  });
  const lines = flags.json === true ? out.map((line) => JSON.parse(line) as Record<string, unknown>) : [];
  return {
    ...{ status, out: out.join("\n"), err: err.join("\n"), questions },
    ...{ summary: lines.at(-1) ?? {}, events: lines.slice(0, -1) },
  };
}

/** Run it to an end that has to be this one. */
export async function performTo(status: number, command: string, wish: Wish): Promise<Told> {
  const told = await perform(command, wish);
  assert.is(told.status, status, `${command}\n${told.out}\n${told.err}`);
  return told;
}

/** What a person reads where something failed: one line of what happened, and what to do. */
export function getFailure(err: string): { what: string; advice: string } {
  const lines = err.trimEnd().split("\n");
  const at = lines.findIndex((line) => line.startsWith("✗ "));
  assert.ok(at >= 0, `it says what happened: ${err}`);
  assert.not.match(err, /\n\s+at .*:\d+/, "no stack");
  const [what = "", ...advice] = lines.slice(at);
  assert.ok(advice.length > 0 && advice.every((line) => line.startsWith("  ")), `it says what to do: ${err}`);
  return { what, advice: advice.join("\n").trim() };
}
