// Owns making the program small without making it different on the interpreter: constants inlined and dead code dropped first, then the
// declarations put in front, then names shortened. Only rewritings that were seen to run on the interpreter are turned on; comma
// sequences are off, since they move function expressions into for heads, where the interpreter takes them for statements.
import { type CompressOptions, type MangleOptions, minify } from "terser";
import { finishProgram } from "./finish.ts";
import { hoistDeclarations } from "./hoist.ts";

/** Words the interpreter reserves where JavaScript does not. */
const KEYWORDS = ["of", "let", "static", "async", "undefined"];
/** Short names of the board: a program stands at the top level, and whoever mends a trap at its console needs them. */
const BOARD_NAMES = ["E", "TL", ...Array.from({ length: 40 }, (_, pin) => `D${pin}`)];

/** Names no program may declare. */
export const RESERVED_NAMES: readonly string[] = [...KEYWORDS, ...BOARD_NAMES];

/** Members that only what the lowering adds (device-runtime.ts) ever names; and how the loader calls eval: named directly, nothing would be shortened. */
const RUNTIME_MEMBERS = ["prototype", "constructor", "eval"];

const INLINE: CompressOptions = {
  defaults: false,
  toplevel: true,
  evaluate: true,
  reduce_vars: true,
  // A function with one caller becomes part of it: each that stays costs four variables, one for each parameter, and a call of stack.
  reduce_funcs: true,
  inline: 3,
  unused: true,
  dead_code: true,
  conditionals: true,
  booleans: true,
  comparisons: true,
  passes: 2,
};

const TIGHTEN: CompressOptions = {
  defaults: false,
  if_return: true,
  conditionals: true,
  dead_code: true,
  side_effects: true,
  negate_iife: true,
};

export interface ShrunkProgram {
  /** The bytes for the trap: pure ASCII, one line. */
  code: string;
  /** The same program before its names were shortened, for reading. */
  readable: string;
}

export interface ShrinkOptions {
  /** Members whose names mean something outside the program. If told, all others are shortened: at run time each name is memory. */
  visibleMembers?: ReadonlySet<string>;
}

/** @param program ES5, as compile.ts makes it. */
export async function shrinkProgram(program: string, options: ShrinkOptions = {}): Promise<ShrunkProgram> {
  const inlined = await runTerser(program, { compress: INLINE, mangle: false, beautify: true });
  const readable = hoistDeclarations(inlined);
  const code = await runTerser(readable, { compress: TIGHTEN, mangle: describeNames(options), beautify: false });
  return { code: finishProgram(code), readable };
}

function describeNames({ visibleMembers }: ShrinkOptions): MangleOptions {
  const reserved = [...RESERVED_NAMES];
  if (visibleMembers === undefined) return { reserved };
  // What stands in quotes anywhere is data, and stays everywhere.
  // builtins: the names browsers know are nothing here, the interpreter's own are among the visible ones.
  const properties = { builtins: true, keep_quoted: true, reserved: [...visibleMembers, ...RUNTIME_MEMBERS] };
  return { reserved, properties };
}

interface Step {
  compress: CompressOptions;
  mangle: false | MangleOptions;
  beautify: boolean;
}

async function runTerser(code: string, step: Step): Promise<string> {
  const result = await minify(code, {
    ecma: 5,
    toplevel: true,
    compress: step.compress,
    mangle: step.mangle,
    format: { ascii_only: true, beautify: step.beautify, keep_quoted_props: true },
  });
  if (result.code === undefined) throw new Error("terser answered nothing");
  return result.code;
}
