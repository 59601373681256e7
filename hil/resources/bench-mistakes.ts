// Owns how mistakes of a bench file are told: where, what was found, what was expected, an example, and the line itself.
// Secrets that were written where they do not belong are not repeated.
import { stringify } from "yaml";
import { HilError } from "../error.ts";

export interface Mistake {
  /** Both from 1. */
  line: number;
  column: number;
  what: string;
  found: string;
  expected: string;
  /** A line of YAML as it would be right. */
  example?: string;
}

/** All that is wrong with one file, in the order of its lines. */
export class BenchFileError extends HilError {
  override name = "BenchFileError";
  readonly path: string;
  readonly mistakes: readonly Mistake[];
  constructor(path: string, text: string, mistakes: readonly Mistake[]) {
    const sorted = [...mistakes].sort((a, b) => a.line - b.line || a.column - b.column);
    super("usage", "bench-file-wrong", printMistakes(path, text, sorted));
    this.path = path;
    this.mistakes = sorted;
  }
}

export const NOT_SHOWN = "(not shown)";
const SECRET = /passw|token|secret|psk|credential/i;
/** A key that speaks of a secret, or an address with a password in it. */
const HOLDS_SECRET = /(passw|token|secret|psk|credential)\w*\W*:|:\/\/[^\s/]*:[^\s/]*@/i;

/** Whether what stands under this name, or in this line, may be repeated in a message. */
export function isSecretName(name: string): boolean {
  return SECRET.test(name) && !/Env$/.test(name);
}

export function printExample(key: string, value: unknown): string {
  const text = stringify(value, null, { collectionStyle: "flow", lineWidth: 0, flowCollectionPadding: false });
  if (key === "") return text.trim();
  return key === "-" ? `- ${text.trim()}` : `${key}: ${text.trim()}`;
}

function printMistakes(path: string, text: string, mistakes: readonly Mistake[]): string {
  const lines = text.split(/\r?\n/);
  const count = mistakes.length === 1 ? "one mistake" : `${mistakes.length} mistakes`;
  const told = mistakes.map((one) => printMistake(path, lines[one.line - 1] ?? "", one));
  return `${path} has ${count}. Mend the file; nothing was done yet.\n\n${told.join("\n\n")}`;
}

function printMistake(path: string, line: string, one: Mistake): string {
  const rows = [
    `${path}:${one.line}:${one.column}: ${one.what}`,
    `  found:    ${one.found}`,
    `  expected: ${one.expected}`,
  ];
  if (one.example !== undefined) rows.push(`  example:  ${one.example}`);
  const isShown = !HOLDS_SECRET.test(line.replaceAll(/\w+Env\s*:/g, ""));
  if (line.trim() !== "" && isShown) {
    const gutter = `${one.line}`.padStart(4);
    rows.push(
      `  ${gutter} | ${line.replaceAll("\t", " ")}`,
      `  ${" ".repeat(gutter.length)} | ${" ".repeat(one.column - 1)}^`,
    );
  }
  return rows.join("\n");
}
