// Owns the measured facts of the language, 526 snippets with the answers of Node and of the real interpreter, and running one: on Node
// with timers that need no waiting. R(x) is how a snippet answers.
import { readFileSync } from "node:fs";
import * as path from "node:path";
import * as vm from "node:vm";
import { runOnEspruino } from "../../support/espruino.ts";

export interface Probe {
  name: string;
  code: string;
  /** Node's answer. */
  node: string;
  /** The interpreter's. */
  espruino: string;
  same: boolean;
}

export function readProbes(): Probe[] {
  const file = path.join(import.meta.dirname, "espruino-language.json");
  return JSON.parse(readFileSync(file, "utf8")) as Probe[];
}

/** A snippet as a module the pipeline takes. */
export function toModule(code: string): string {
  return `export {};\ndeclare function R(value: unknown): void;\n${code}\n`;
}

/** Runs a program and then its timers, in their order, and answers everything it gave to R; a thrown error as `error: ...`. */
export function runOnNode(code: string): string[] {
  const answers: string[] = [];
  const timers: { at: number; fn: () => void }[] = [];
  let now = 0;
  const context = {
    R: (value: unknown) => answers.push(String(value)),
    setTimeout: (fn: () => void, ms: number) => timers.push({ at: now + ms, fn }),
    exports: {},
  };
  const thrown = catchThrown(() => vm.runInNewContext(code, context));
  if (thrown !== undefined) answers.push(`error: ${thrown}`);
  while (timers.length > 0) {
    timers.sort((a, b) => a.at - b.at);
    const next = timers.shift();
    now = next?.at ?? now;
    // As on the board, an error in a timer ends that timer alone.
    catchThrown(() => next?.fn());
  }
  return answers;
}

function catchThrown(run: () => void): string | undefined {
  try {
    run();
    return undefined;
  } catch (thrown) {
    return thrown instanceof Object && "message" in thrown ? String(thrown.message) : String(thrown);
  }
}

/** Runs a program on the interpreter and answers what it gave to R. */
export async function runOnInterpreter(bin: string, code: string): Promise<string[]> {
  const { lines } = await runOnEspruino(bin, `function R(x){print("R:"+x)}\n${code}`);
  return lines.filter((line) => line.startsWith("R:")).map((line) => line.slice(2));
}
