// Owns the command line of signing, `npm run firmware -- keygen | sign | verify | inspect`: words in, lines and an exit code out.
import { parseArgs } from "node:util";
import {
  inspect,
  keygen,
  type Outcome,
  type ReleaseFlags,
  type ReleaseIo,
  sign,
  UsageError,
  verify,
} from "./release-commands.ts";
import { ReleaseError } from "./release-error.ts";

export type { ReleaseIo } from "./release-commands.ts";

interface Command {
  perform(name: string, flags: ReleaseFlags, io: ReleaseIo): Promise<Outcome>;
  /** What must stand behind the command; empty if nothing may. */
  operand: string;
  options: readonly (keyof ReleaseFlags)[];
  help: string;
}

const COMMANDS: Record<string, Command> = {
  keygen: {
    perform: keygen,
    operand: "NAME",
    options: [],
    help: `keygen NAME [--json]
  Makes a pair of keys (SLH-DSA-SHA2-128s, FIPS 205): NAME.key, which its owner alone may read, and NAME.pub, which traps and
  cloud are given. A folder that is missing is made for its owner alone; files that are there are not overwritten.`,
  },
  sign: {
    perform: sign,
    operand: "",
    options: ["key", "bundle", "out", "product", "hardware", "version", "counter", "notes"],
    help: `sign --key NAME.key --counter N [--notes TEXT] [--json]
                            [--bundle FILE] [--version X] [--product NAME] [--hardware NAME] [--out FILE]
  Writes one file: manifest, signature and firmware; it takes some seconds. It takes the bundle that was built last and its version,
  and stands beside it as bundle.trapline. A trap takes no firmware of other hardware, nor one whose counter is not above that of
  what it has run: count on from one version to the next.`,
  },
  verify: {
    perform: verify,
    operand: "FILE",
    options: ["key"],
    help: `verify FILE.trapline --key NAME.pub [--json]
  Believes the file, or says why not: by the library and by the code that the trap runs. Exit status 0 if it is believed.`,
  },
  inspect: {
    perform: inspect,
    operand: "FILE",
    options: [],
    help: `inspect FILE.trapline | NAME.pub [--json]
  Tells what a file says of itself, and whether firmware and hash tree agree. It needs no key, and so believes nothing.`,
  },
};

/** Whether the word is a command of signing. */
export function isReleaseCommand(word: string | undefined): boolean {
  return word !== undefined && Object.hasOwn(COMMANDS, word);
}

/** All commands with their options, for a person. */
export function listReleaseHelp(): string[] {
  return Object.values(COMMANDS).map(({ help }) => `npm run firmware -- ${help}`);
}

/** @returns the exit code: 0 done, 1 refused or failed, 2 not understood. */
export async function releaseCommand(argv: readonly string[], io: ReleaseIo): Promise<number> {
  const [word = "", ...rest] = argv;
  const command = isReleaseCommand(word) ? COMMANDS[word] : undefined;
  if (command === undefined) {
    io.writeError(`usage: ${listReleaseHelp().join("\n")}`);
    return 2;
  }
  const json = rest.includes("--json");
  if (rest.includes("--help")) {
    io.write(`npm run firmware -- ${command.help}`);
    return 0;
  }
  try {
    const { name, flags } = parseWords(command, rest);
    const { facts, lines } = await command.perform(name, flags, io);
    if (json) io.write(JSON.stringify({ ok: true, command: word, ...facts }));
    else for (const line of lines) io.write(line);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ReleaseError)) throw error;
    const code = error instanceof ReleaseError ? error.code : "usage";
    if (json) io.write(JSON.stringify({ ok: false, command: word, code, error: error.message }));
    else io.writeError(`${word}: ${error.message}`);
    if (error instanceof ReleaseError) return 1;
    if (!json) io.writeError(`usage: npm run firmware -- ${command.help}`);
    return 2;
  }
}

/** @throws UsageError */
function parseWords(command: Command, words: string[]): { name: string; flags: ReleaseFlags } {
  const { values, positionals } = parseKnown(command, words);
  const wanted = command.operand === "" ? 0 : 1;
  if (positionals.length < wanted) throw new UsageError(`${command.operand} is missing`);
  if (positionals.length > wanted) throw new UsageError(`${positionals[wanted]} is one word too many`);
  return { name: positionals[0] ?? "", flags: values };
}

function parseKnown(command: Command, words: string[]): { values: ReleaseFlags; positionals: string[] } {
  const texts = command.options.map((name) => [name, { type: "string" }] as const);
  const options = { ...Object.fromEntries(texts), json: { type: "boolean" } } as const;
  try {
    const { values, positionals } = parseArgs({ args: words, allowPositionals: true, options });
    const given: Record<string, unknown> = values;
    const told = command.options.filter((name) => typeof given[name] === "string");
    return { values: Object.fromEntries(told.map((name) => [name, given[name]])), positionals };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : "unknown words");
  }
}
