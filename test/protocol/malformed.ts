// Owns the table of texts that are no record, each made from a good one by one fault. Every decoder refuses each of them as malformed.

/** Name of the fault, and how to commit it on the bytes of a good record. */
export type Fault = [fault: string, spoil: (bytes: string) => string];

/** One more field, written as told. */
function withField(field: string): (bytes: string) => string {
  return (bytes) => `${bytes.slice(0, -1)},${field}}`;
}

function withValue(value: string): (bytes: string) => string {
  return withField(`"extra":${value}`);
}

function instead(text: string): () => string {
  return () => text;
}

const STRUCTURE: Fault[] = [
  ["nothing", instead("")],
  ["spaces alone", instead("   ")],
  ["a word", instead("null")],
  ["a number", instead("1")],
  ["a text", instead('"v"')],
  ["an array", (bytes) => `[${bytes}]`],
  ["an opening brace alone", instead("{")],
  ["a closing brace alone", instead("}")],
  ["letters behind", (bytes) => `${bytes}x`],
  ["a second closing brace", (bytes) => `${bytes}}`],
  ["a second record behind", (bytes) => bytes + bytes],
  ["a comma behind", (bytes) => `${bytes},`],
  ["a line feed behind", (bytes) => `${bytes}\n`],
  ["a zero byte behind", (bytes) => `${bytes}\0`],
  ["erased flash behind", (bytes) => `${bytes}\xff\xff`],
  ["letters in front", (bytes) => `x${bytes}`],
  ["a line feed in front", (bytes) => `\n${bytes}`],
  ["a byte order mark in front", (bytes) => `\ufeff${bytes}`],
  ["a zero byte in front", (bytes) => `\0${bytes}`],
  ["the last byte missing", (bytes) => bytes.slice(0, -1)],
  ["the first byte missing", (bytes) => bytes.slice(1)],
  ["single quotes", (bytes) => bytes.replaceAll('"', "'")],
  ["a trailing comma", (bytes) => `${bytes.slice(0, -1)},}`],
  ["a leading comma", (bytes) => `{,${bytes.slice(1)}`],
  ["two commas", (bytes) => bytes.replace(",", ",,")],
  ["a space for a comma", (bytes) => bytes.replace(/,|\}$/, " ").concat(' "x":1}')],
  ["a semicolon for a comma", (bytes) => withField('"x":1;"y":2')(bytes)],
  ["no colon", (bytes) => bytes.replace(":", " ")],
  ["two colons", (bytes) => bytes.replace(":", "::")],
  ["an equals sign for a colon", (bytes) => bytes.replace(":", "=")],
  ["a colon and no value", withField('"extra":')],
  ["a key alone", withField('"extra"')],
  ["a value alone", withField("7")],
  ["a tab between tokens", (bytes) => bytes.replace(":", ":\t")],
  ["a line feed between tokens", (bytes) => bytes.replace(":", ":\n")],
  ["a no-break space between tokens", (bytes) => bytes.replace(":", ":\xa0")],
  ["a comment", (bytes) => bytes.replace(":", ":/**/")],
];

const KEYS: Fault[] = [
  ["the version twice", withField('"v":1')],
  ["an unknown key twice", withField('"extra":1,"extra":1')],
  ["__proto__ for a key", withField('"__proto__":1')],
  ["an object as __proto__", withField('"__proto__":{"v":1}')],
  ["an empty key", withField('"":1')],
  ["a key without quotes", withField("extra:1")],
  ["a key that begins with a digit", withField('"1a":1')],
  ["a space in a key", withField('"a b":1')],
  ["a dash in a key", withField('"a-b":1')],
  ["an escape in a key", withField('"a\\\\":1')],
  ["an escaped quote in a key", withField('"a\\"":1')],
  ["a key of 17 letters", withField(`"${"k".repeat(17)}":1`)],
  ["a key outside ASCII", withField('"k\xe9y":1')],
  ["a number for a key", withField("1:1")],
];

const VALUES: Fault[] = [
  ["null", withValue("null")],
  ["a nested record", withValue('{"a":1}')],
  ["an empty nested record", withValue("{}")],
  ["an array", withValue("[1]")],
  ["a fraction", withValue("1.5")],
  ["a fraction of zeros", withValue("1.0")],
  ["a point alone", withValue("1.")],
  ["no digit before the point", withValue(".5")],
  ["an exponent", withValue("1e3")],
  ["a capital exponent", withValue("1E3")],
  ["an exponent with a sign", withValue("1e+21")],
  ["a leading zero", withValue("01")],
  ["two zeros", withValue("00")],
  ["minus zero", withValue("-0")],
  ["a leading zero behind a minus", withValue("-01")],
  ["a plus sign", withValue("+1")],
  ["a minus alone", withValue("-")],
  ["two minus signs", withValue("--1")],
  ["a minus behind", withValue("1-")],
  ["a space within a number", withValue("1 2")],
  ["a space behind a minus", withValue("- 1")],
  ["a hexadecimal number", withValue("0x10")],
  ["digits and letters", withValue("12ab")],
  ["one more than the largest integer", withValue("9007199254740992")],
  ["a number that rounds to the largest integer", withValue("9007199254740993")],
  ["one less than the smallest integer", withValue("-9007199254740992")],
  ["a number of 400 digits", withValue("9".repeat(400))],
  ["not a number", withValue("NaN")],
  ["infinity", withValue("Infinity")],
  ["undefined", withValue("undefined")],
  ["a capital word", withValue("True")],
  ["half a word", withValue("tru")],
  ["a word too long", withValue("truex")],
  ["two words", withValue("true false")],
  ["a zero byte in a text", withValue('"a\0"')],
  ["a tab in a text", withValue('"\t"')],
  ["a line feed in a text", withValue('"a\nb"')],
  ["a delete character in a text", withValue('"\x7f"')],
  ["a byte of 128 in a text", withValue('"\x80"')],
  ["a letter outside ASCII", withValue('"caf\xe9"')],
  ["a letter beyond bytes", withValue('"\u20ac"')],
  ["half a surrogate pair", withValue('"\ud800"')],
  ["an escape of n", withValue('"\\n"')],
  ["an escape of a slash", withValue('"\\/"')],
  ["an escape by number", withValue('"\\u0041"')],
  ["a backslash before the closing quote", withValue('"a\\"')],
  ["a text that does not end", withValue('"abc')],
  ["a closing quote alone", withValue('abc"')],
  ["two texts side by side", withValue('"a""b"')],
];

export const FAULTS: Fault[] = [...STRUCTURE, ...KEYS, ...VALUES];
