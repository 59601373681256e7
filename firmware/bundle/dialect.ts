// Owns the table of what device code must not contain: what the interpreter lacks, and what it gets silently wrong [BUNDLE-3]. Each row names the
// replacement. How a row is found is told by `found`; the finding itself is in check-source.ts, check-types.ts, check-recursion.ts and
// check-output.ts. Kept true by fixtures that must fail and by 526 measured snippets (test/firmware/dialect).

/**
 * - `source`: a form of the TypeScript source.
 * - `types`: a name that firmware/lib and firmware/board do not declare, or a use the compiler refuses there.
 * - `calls`: the graph of who calls whom.
 * - `output`: a form of the emitted bundle, whatever made it.
 */
export type FoundBy = "source" | "types" | "calls" | "output";

export interface DialectRule {
  id: string;
  found: FoundBy;
  what: string;
  why: string;
  replacement: string;
  /** For `types`: the globals (`Map`), statics (`Array.from`) and methods (`Array#at`) that belong to the row. */
  names?: readonly string[];
}

export interface Refusal {
  id: string;
  /** Relative to the root of the repository, or the name of the output. */
  file: string;
  /** From 1. */
  line: number;
  column: number;
  /** What stands there, why it cannot, what to write instead. */
  message: string;
}

const STRINGS_ARE_BYTES =
  "Strings are byte strings on the device: characters 0 to 255, a letter beyond ASCII has length 2.";
const NOT_THERE = "The interpreter does not have it.";
const NUMBERS_PRINT = "Fractions are inexact there (0.1 + 0.2 === 0.3 is true) and print with 11 to 12 digits.";

export const DIALECT = [
  // Forms of the source.
  {
    id: "regular-expression",
    found: "source",
    what: "a regular expression",
    why: "Quantifiers ? and {n,m}, lazy ones, groups and flags fail silently: no error, no match.",
    replacement: "indexOf, startsWith, substring, or a loop over charCodeAt",
  },
  {
    id: "label",
    found: "source",
    what: "a label",
    why: "The interpreter takes its name for a variable and fails.",
    replacement: "a function that returns out of the loops",
  },
  {
    id: "default-not-last",
    found: "source",
    what: "a switch whose default is not its last clause",
    why: "A case after default is a syntax error there, met only when that line runs.",
    replacement: "default as the last clause, or after the switch",
  },
  {
    id: "generator",
    found: "source",
    what: "a generator",
    why: NOT_THERE,
    replacement: "an array, or a function that calls back",
  },
  {
    id: "async",
    found: "source",
    what: "async or await",
    why: "It lowers to a state machine of several hundred variables, on promises that miss half their methods.",
    replacement: "a callback, or a state machine that takes inputs",
  },
  {
    id: "private-name",
    found: "source",
    what: "a #private member",
    why: "It lowers to WeakMap, which the interpreter does not have.",
    replacement: "`private`, or a variable of the factory function",
  },
  {
    id: "for-in",
    found: "source",
    what: "for-in",
    why: "It walks integer-like keys in another order, and deleting in it skips members.",
    replacement: "a loop over Object.keys, or an array in the first place",
  },
  {
    id: "numeric-key",
    found: "source",
    what: "a number as the name of an object's member",
    why: "Keys keep the order of insertion there, where JavaScript sorts integer-like ones first.",
    replacement: "an array, or two arrays side by side",
  },
  {
    id: "arguments",
    found: "source",
    what: "`arguments`",
    why: "arguments.length is never less than the number of declared parameters.",
    replacement: "optional parameters compared with undefined, or a rest parameter",
  },
  {
    id: "eval",
    found: "source",
    what: "eval or new Function outside boot/",
    why: "Its code stands in memory, not in flash, and no checker saw it.",
    replacement: "ordinary code; only the boot loader evaluates the slot it starts",
  },
  {
    id: "instanceof-builtin",
    found: "source",
    what: "instanceof a built-in class",
    why: "What the interpreter throws is not instanceof Error, and null.x throws no TypeError.",
    replacement: "Array.isArray or typeof; for faults a union of outcomes",
  },
  {
    id: "extends-builtin",
    found: "source",
    what: "a class that extends a built-in one",
    why: "super() of a built-in throws there, and the object is no instance of its own class.",
    replacement: "a union of outcomes instead of error classes, a member instead of a base",
  },
  {
    id: "prototype",
    found: "source",
    what: "`prototype` or `__proto__` by name",
    why: "Methods of built-in prototypes are not there as values, and statics are not inherited through prototypes.",
    replacement: "the method on a value, as in [].slice, or a plain function",
  },
  {
    id: "tagged-template",
    found: "source",
    what: "a tagged template",
    why: NOT_THERE,
    replacement: "a function call with strings",
  },
  {
    id: "power",
    found: "source",
    what: "the operator **",
    why: "It lowers to Math.pow, which is inexact there from 2^32 on.",
    replacement: "multiplication, a shift below 2^31, or the number written out",
  },
  {
    id: "bigint",
    found: "source",
    what: "a BigInt",
    why: NOT_THERE,
    replacement: "integers up to 2^53 - 1, or bytes in a string",
  },
  {
    id: "length-assignment",
    found: "source",
    what: "an assignment to length",
    why: "An array's length is a constant there.",
    replacement: "splice, pop, or a new array",
  },
  {
    id: "fraction",
    found: "source",
    what: "a fractional number outside board/",
    why: NUMBERS_PRINT,
    replacement: "an integer in a smaller unit (mV, ms, permille)",
  },
  {
    id: "unrounded-division",
    found: "source",
    what: "a quotient that is not cut to an integer at once",
    why: NUMBERS_PRINT,
    replacement: "Math.floor(a / b), Math.ceil(a / b) or (a / b) | 0",
  },
  {
    id: "wide-number",
    found: "source",
    what: "an integer beyond 2^53 - 1",
    why: "Long numbers round, and from 1e21 on they print as nobody else prints them.",
    replacement: "bytes in a string, or a smaller unit",
  },
  {
    id: "wide-character",
    found: "source",
    what: "a character beyond ASCII in the text of a program",
    why: STRINGS_ARE_BYTES,
    replacement: "ASCII, or an escape \\x80 to \\xff where a byte is meant",
  },
  {
    id: "function-in-block",
    found: "source",
    what: "a function declaration inside a block",
    why: "Declarations are not hoisted by the interpreter; the pipeline moves only those at the top of a function.",
    replacement: "the declaration at the top of the function, or a const with an arrow function",
  },
  {
    id: "enumeration",
    found: "source",
    what: "an enum or a namespace",
    why: "Its table of names and numbers stays in memory, two variables for each member and more.",
    replacement: "a union of string literals, or constants (they are inlined)",
  },
  {
    id: "case-test",
    found: "source",
    what: "a case that calls or assigns",
    why: "The interpreter evaluates the tests behind the case that matched as well.",
    replacement: "constants as cases, or if and else",
  },
  {
    id: "do-while",
    found: "source",
    what: "do and while",
    why: "Where it is skipped, behind a break out of a switch, the interpreter goes on executing after it; its test runs after a break, too.",
    replacement: "while (true) that ends with if (...) break, or a for loop",
  },
  {
    id: "delete-of-call",
    found: "source",
    what: "delete of a member of what a call answers",
    why: "The interpreter fails on it.",
    replacement: "a const for the answer",
  },
  {
    id: "late-element",
    found: "source",
    what: "an element or an optional member assigned what a call answers",
    why: "The interpreter makes the place before it calls: if the call makes or removes the same member, the value is lost.",
    replacement: "a const for the answer, assigned on the next line",
  },
  {
    id: "loose-equality",
    found: "source",
    what: "== or != of what may be an object",
    why: "It converts otherwise there: [] == 0 is false.",
    replacement: "=== or !==",
  },
  {
    id: "jump-in-finally",
    found: "source",
    what: "return, break, continue or throw inside finally",
    why: "There it does not take the place of the error that is under way.",
    replacement: "the jump behind the try statement",
  },
  {
    id: "accessor",
    found: "source",
    what: "a getter or setter",
    why: "JSON and copying skip it there, and it costs a function of five variables for each.",
    replacement: "a method or a function",
  },
  {
    id: "decorator",
    found: "source",
    what: "a decorator",
    why: "Its helpers need what the interpreter does not have.",
    replacement: "a function call",
  },
  {
    id: "debugger",
    found: "source",
    what: "debugger",
    why: "On the device it stops the trap and waits at the console.",
    replacement: "nothing; print from board/ if you must",
  },
  {
    id: "type-escape",
    found: "source",
    what: "any, @ts-ignore, @ts-nocheck or @ts-expect-error",
    why: "The restricted library works through the compiler's errors; silencing one silences the dialect.",
    replacement: "a type that is true",
  },
  // Names and uses the compiler refuses.
  {
    id: "collection",
    found: "types",
    what: "Map, Set, Symbol and their like",
    why: NOT_THERE,
    replacement: "a plain object or an array",
    names: ["Map", "Set", "WeakMap", "WeakSet", "WeakRef", "Symbol", "Proxy", "Reflect", "Iterator"],
  },
  {
    id: "promise",
    found: "types",
    what: "a promise or a microtask",
    why: "Half the methods are missing, and a timer of 0 ms may run before what is pending.",
    replacement: "a callback; the clock's timer to defer",
    names: ["Promise", "queueMicrotask", "setImmediate", "AbortController"],
  },
  {
    id: "json",
    found: "types",
    what: "JSON",
    why: "parse takes trailing garbage, single quotes and the first of two equal keys, and lets __proto__ through; stringify prints otherwise.",
    replacement: "the flat records of #protocol, written and read by its own codec",
    names: ["JSON"],
  },
  {
    id: "date",
    found: "types",
    what: "Date",
    why: "A trap knows no calendar, and Date.UTC is missing.",
    replacement: "the clock port: milliseconds since the boot",
    names: ["Date", "Intl", "performance"],
  },
  {
    id: "regular-expression-method",
    found: "types",
    what: "a method that makes a regular expression of its text",
    why: "Regular expressions fail silently there.",
    replacement: "indexOf, startsWith, or a loop over charCodeAt",
    names: ["RegExp", "String#match", "String#matchAll", "String#search"],
  },
  {
    id: "missing-array-method",
    found: "types",
    what: "an array method the interpreter lacks",
    why: NOT_THERE,
    replacement: "a loop, concat, slice or a[a.length - 1]",
    names: [
      ...[
        "Array.from",
        "Array.of",
        "Array#at",
        "Array#copyWithin",
        "Array#entries",
        "Array#findLast",
        "Array#findLastIndex",
      ],
      ...["Array#flat", "Array#flatMap", "Array#keys", "Array#lastIndexOf", "Array#reduceRight", "Array#toReversed"],
      ...["Array#toSorted", "Array#toSpliced", "Array#values", "Array#with"],
    ],
  },
  {
    id: "sort",
    found: "types",
    what: "sort",
    why: "It is not stable there.",
    replacement: "insertion at the right place, kept as the array grows",
    names: ["Array#sort", "TypedArray#sort"],
  },
  {
    id: "missing-string-method",
    found: "types",
    what: "a string method the interpreter lacks",
    why: NOT_THERE,
    replacement: "charCodeAt, substring, indexOf, trim, or the operators < and >",
    names: [
      ...[
        "String#at",
        "String#codePointAt",
        "String#localeCompare",
        "String#normalize",
        "String#substr",
        "String#toLocaleLowerCase",
      ],
      ...["String#toLocaleUpperCase", "String#trimEnd", "String#trimStart", "String.fromCodePoint", "String.raw"],
    ],
  },
  {
    id: "missing-number-function",
    found: "types",
    what: "a function or constant of Number the interpreter lacks or prints otherwise",
    why: NOT_THERE,
    replacement: "isNaN, isFinite, Math.floor(x) === x, 9007199254740991 written out",
    names: [
      ...[
        "Number.EPSILON",
        "Number.MAX_SAFE_INTEGER",
        "Number.MIN_SAFE_INTEGER",
        "Number.isFinite",
        "Number.isInteger",
      ],
      ...["Number.isNaN", "Number.isSafeInteger", "Number.parseFloat", "Number.parseInt", "Number#toExponential"],
      ...["Number#toFixed", "Number#toLocaleString", "Number#toPrecision", "parseFloat"],
    ],
  },
  {
    id: "missing-math-function",
    found: "types",
    what: "a function of Math the interpreter lacks",
    why: NOT_THERE,
    replacement: "Math.floor and Math.ceil, shifts, multiplication",
    names: [
      ...[
        "Math.cbrt",
        "Math.clz32",
        "Math.expm1",
        "Math.fround",
        "Math.hypot",
        "Math.imul",
        "Math.log10",
        "Math.log1p",
      ],
      ...["Math.log2", "Math.sign", "Math.trunc"],
    ],
  },
  {
    id: "inexact-math",
    found: "types",
    what: "a function of Math that answers otherwise there",
    why: "Math.round(-0.5) is -1, Math.pow is inexact from 2^32 on.",
    replacement: "Math.floor((2 * a + b) / (2 * b)) to round a / b; multiplication",
    names: ["Math.round", "Math.pow", "Math.exp", "Math.log"],
  },
  {
    id: "random",
    found: "types",
    what: "Math.random",
    why: "It starts from the same constant at every boot of every trap.",
    replacement: "the entropy port",
    names: ["Math.random"],
  },
  {
    id: "missing-object-function",
    found: "types",
    what: "a function of Object the interpreter lacks or that reaches for prototypes",
    why: "freeze and its like are missing; prototypes set by hand do not pass on statics.",
    replacement: "`readonly` in the types; classes or plain objects",
    names: [
      ...["Object.create", "Object.defineProperties", "Object.defineProperty", "Object.freeze", "Object.fromEntries"],
      ...["Object.getOwnPropertyDescriptor", "Object.getOwnPropertyNames", "Object.getOwnPropertySymbols"],
      ...[
        "Object.getPrototypeOf",
        "Object.groupBy",
        "Object.hasOwn",
        "Object.is",
        "Object.isFrozen",
        "Object.isSealed",
      ],
      ...["Object.preventExtensions", "Object.seal", "Object.setPrototypeOf"],
    ],
  },
  {
    id: "typed-array-copy",
    found: "types",
    what: "a method that should answer a typed array",
    why: "slice, map and filter answer a plain array there; from and of are missing.",
    replacement: "subarray, or new Uint8Array(n) and a loop",
    names: [
      "TypedArray#slice",
      "TypedArray#map",
      "TypedArray#filter",
      "Uint8Array.from",
      "Uint8Array.of",
      "TypedArray#at",
    ],
  },
  {
    id: "name-of-function",
    found: "types",
    what: "the name of a function or an error, or an error's stack",
    why: "Functions and errors have no name there.",
    replacement: "a code of your own",
    names: ["Function#name", "Function#toString", "Error#name", "Error#stack", "Error#cause"],
  },
  {
    id: "text-codec",
    found: "types",
    what: "TextEncoder, Buffer or another codec",
    why: STRINGS_ARE_BYTES,
    replacement: "a string of bytes and charCodeAt",
    names: [
      "TextEncoder",
      "TextDecoder",
      "Buffer",
      "atob",
      "btoa",
      "encodeURIComponent",
      "decodeURIComponent",
      "escape",
      "unescape",
    ],
  },
  {
    id: "foreign-global",
    found: "types",
    what: "a name that is declared neither in firmware/lib nor in firmware/board",
    why: "It belongs to Node, to a browser, or to another board.",
    replacement: "a port; if the ESP32 has it and board/ needs it, declare it in firmware/board/espruino.d.ts",
  },
  {
    id: "iteration",
    found: "types",
    what: "for-of or spread over something that is no array",
    why: "There are no iterators; the lowered loop counts through indices.",
    replacement: "an array: Object.keys, Object.values, split",
  },
  {
    id: "unreachable",
    found: "types",
    what: "code that is never reached, as behind `return` at the end of a line",
    why: "The interpreter joins `return` with the next line and returns its value.",
    replacement: "the value on the line of its return",
  },
  {
    id: "type-error",
    found: "types",
    what: "an error of types",
    why: "What the compiler does not understand it cannot check.",
    replacement: "code that `tsc -p firmware/tsconfig.json` accepts",
  },
  // Who calls whom.
  {
    id: "recursion",
    found: "calls",
    what: "a function that calls itself, directly or through others",
    why: "The stack holds 10 to 50 calls; its end is no exception one could catch, and the handler that was running is lost.",
    replacement: "a loop; inputs that arise while one is handled go into a queue that the loop drains",
  },
  // Forms of the output, should anything above have let one through.
  {
    id: "output-syntax",
    found: "output",
    what: "syntax beyond the ES5 the interpreter is known to run",
    why: "Only what was measured goes to a trap.",
    replacement: "a lowering in the pipeline, or another form in the source",
  },
  {
    id: "output-order",
    found: "output",
    what: "a declaration behind other statements of its function",
    why: "The interpreter hoists neither var nor function: a read before it fails, or finds a global of the same name.",
    replacement: "the pipeline's own hoisting (hoist.ts)",
  },
  {
    id: "output-return",
    found: "output",
    what: "a return without a value and without a semicolon",
    why: "As the last word of a function it is a syntax error there, met when the function runs.",
    replacement: "the pipeline's own spelling (finish.ts)",
  },
  {
    id: "output-late-read",
    found: "output",
    what: "a += b where b may change a",
    why: "The interpreter reads a after it has evaluated b.",
    replacement: "a = a + b, or a const for b before it",
  },
  {
    id: "output-lost-literal",
    found: "output",
    what: "an object literal in a try statement with this, and with a call before its last member",
    why: "If the call throws, the interpreter loses its place in the literal, and with it the catch.",
    replacement: "a const for the answer before the literal",
  },
  {
    id: "output-for-head",
    found: "output",
    what: "a for head that begins with function or {",
    why: "The interpreter reads it as a statement and fails.",
    replacement: "that expression in front of the loop",
  },
  {
    id: "output-text",
    found: "output",
    what: "a byte that is not ASCII",
    why: STRINGS_ARE_BYTES,
    replacement: "escapes",
  },
  {
    id: "output-name",
    found: "output",
    what: "a name the interpreter reserves",
    why: "`of` is a keyword everywhere there.",
    replacement: "another name",
  },
] as const satisfies readonly DialectRule[];

export type DialectId = (typeof DIALECT)[number]["id"];

const RULES: ReadonlyMap<string, DialectRule> = new Map(DIALECT.map((rule) => [rule.id, rule]));

/** @param detail what stands there, if that tells more than the rule itself. */
export function createRefusal(id: DialectId, place: Omit<Refusal, "id" | "message">, detail?: string): Refusal {
  const rule = RULES.get(id);
  if (rule === undefined) throw new Error(`the dialect has no row ${id}`);
  const found = detail === undefined ? rule.what : `${rule.what} (${detail})`;
  return { id, ...place, message: `${found}. ${rule.why} Instead: ${rule.replacement}.` };
}

/** One line, as a compiler prints it. */
export function formatRefusal(refusal: Refusal): string {
  return `${refusal.file}:${refusal.line}:${refusal.column} ${refusal.id}: ${refusal.message}`;
}
