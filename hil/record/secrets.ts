// Owns that no secret stands in a recording: what would be one is told by the grammar it stands in (an order's `pass=`, a field called
// password) and by the values a run knows, and becomes a named placeholder, which a replay fills in with a value of its own. It also
// looks through a finished recording for what may have slipped through, before anybody keeps it. [RECORD-1]
import { formatConsoleCommand, formatConsoleLine, parseConsoleCommand, parseConsoleLine } from "#protocol";
import type { Json, RecordedEntry, RecordFields, TimedEntry } from "./entries.ts";

/** Stand in a text as `<name>`, which the grammar of the console takes for a bare word. */
export const PLACEHOLDERS = [
  "wifi-ssid",
  "wifi-password",
  "claim-code",
  "console-password",
  "portal-password",
  "secret",
] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];
export type Secrets = Partial<Record<Placeholder, string>>;

/** Shorter ones would be found in every other word. */
const SECRET_CHARS_MIN = 4;
/** Fields of an order or a line of the console that are secrets, or another bench's own. */
const CONSOLE_FIELDS: Record<string, Record<string, Placeholder>> = {
  wifi: { ssid: "wifi-ssid", pass: "wifi-password" },
  claim: { code: "claim-code" },
  portal: { pass: "portal-password" },
};
const SECRET_NAME = /pass|token|secret|authorization|cookie|sealed|proof|challenge|nonce|^key$|^code$/i;
/** A `code` of ours is a number or a claim code: only the text is a secret. */
const isSecretField = (name: string, value: unknown) => typeof value === "string" && SECRET_NAME.test(name);

export const placeholder = (name: Placeholder): string => `<${name}>`;

export interface Mask {
  /** From now on this value is written as the placeholder; too short ones are told by the grammar alone. */
  add(name: Placeholder, value: string): void;
  entry(entry: RecordedEntry): RecordedEntry;
  text(text: string): string;
}

export function createMask(): Mask {
  const known = new Map<string, Placeholder>();

  function text(given: string): string {
    let masked = given;
    // The longest first: one may be the beginning of another.
    for (const [value, name] of [...known].sort((a, b) => b[0].length - a[0].length)) {
      masked = masked.replaceAll(value, placeholder(name));
    }
    return masked.replaceAll("***", placeholder("secret"));
  }

  return {
    add(name, value) {
      if (value.length >= SECRET_CHARS_MIN) known.set(value, name);
    },
    text,
    entry: (entry) => maskEntry(entry, text),
  };
}

function maskEntry(entry: RecordedEntry, text: (given: string) => string): RecordedEntry {
  switch (entry.kind) {
    case "serial":
      return { ...entry, bytes: text(entry.bytes.split("\n").map(maskTyped).join("\n")) };
    case "line":
      return { ...entry, text: text(maskLine(entry.text)) };
    case "order":
      return { ...entry, text: text(maskOrder(entry.text)) };
    case "mqtt":
      // Narrowed twice, since the name goes with the direction.
      return entry.direction === "in"
        ? { ...entry, record: maskFields(entry.record, text) }
        : { ...entry, record: maskFields(entry.record, text) };
    case "request":
    case "answer":
      return { ...entry, fields: maskFields(entry.fields, text) };
    case "person":
      return { ...entry, path: text(maskPath(entry.path)), body: maskJson(entry.body, text) };
    case "notice":
      return { ...entry, data: maskJson(entry.data, text) };
    case "remark":
      return { ...entry, text: text(entry.text) };
    default:
      return entry;
  }
}

/** An order with placeholders in place of what is nobody's business; one that does not follow the grammar is masked by value alone. */
export function maskOrder(order: string): string {
  const parsed = parseConsoleCommand(order);
  const named = parsed && CONSOLE_FIELDS[parsed.name];
  return parsed && named ? formatConsoleCommand(parsed.name, replaceFields(parsed.fields, named)) : order;
}

function maskLine(line: string): string {
  const parsed = parseConsoleLine(line);
  const named = parsed && CONSOLE_FIELDS[parsed.name];
  return parsed && named ? formatConsoleLine(parsed.ms, parsed.name, replaceFields(parsed.fields, named)) : line;
}

function replaceFields(fields: Record<string, string>, named: Record<string, Placeholder>): Record<string, string> {
  // A claim's `code` on a line of output is a number of the contract's.
  const entries = Object.entries(fields).map(([key, value]) => {
    const name = named[key];
    return [key, name === undefined || /^\d{1,3}$/.test(value) ? value : placeholder(name)];
  });
  return Object.fromEntries(entries);
}

/** Within quotes of an order within quotes of a call; within quotes; bare. */
const TYPED_SECRET = /\b(pass|code)=(\\"(?:\\{3}"|\\{4}|[^\\\n])*\\"|"(?:[^"\\\n]|\\.)*"|[^\s"')]+)/g;

/** Orders as they travel on the cable, quoted once more or echoed with the interpreter's own signs in between. */
function maskTyped(line: string): string {
  return line.replace(TYPED_SECRET, (whole, name: string, value: string) => {
    if (/^\d{1,3}$/.test(value)) return whole;
    return `${name}=${placeholder(name === "pass" ? "wifi-password" : "claim-code")}`;
  });
}

function maskFields(fields: RecordFields, text: (given: string) => string): RecordFields {
  const masked: RecordFields = {};
  for (const [name, value] of Object.entries(fields)) {
    if (isSecretField(name, value) && value !== "")
      masked[name] = placeholder(name === "code" ? "claim-code" : "secret");
    else masked[name] = typeof value === "string" ? text(value) : value;
  }
  return masked;
}

function maskPath(path: string): string {
  return path.replace(/^(\/api\/v1\/claim-codes\/)[^/?]+/, `$1${placeholder("claim-code")}`);
}

function maskJson(value: Json, text: (given: string) => string): Json {
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return value.map((inner) => maskJson(inner, text));
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([name, inner]) => {
    const isSecret = isSecretField(name, inner) && inner !== "";
    return [name, isSecret ? placeholder(name === "code" ? "claim-code" : "secret") : maskJson(inner, text)];
  });
  return Object.fromEntries(entries);
}

/** Puts the replay's own values in. @returns the placeholders for which there was none, if any */
export function fillPlaceholders(text: string, secrets: Secrets): { text: string; missing: Placeholder[] } {
  const missing: Placeholder[] = [];
  const filled = text.replace(/<([a-z-]+)>/g, (whole, name: string) => {
    const known = PLACEHOLDERS.find((one) => one === name);
    if (known === undefined) return whole;
    const value = secrets[known];
    if (value === undefined) missing.push(known);
    return value ?? whole;
  });
  return { text: filled, missing };
}

/** An order with the replay's own values in it, quoted as they need. */
export function fillOrder(order: string, secrets: Secrets): { text: string; missing: Placeholder[] } {
  const parsed = parseConsoleCommand(order);
  if (parsed === null) return fillPlaceholders(order, secrets);
  const missing: Placeholder[] = [];
  const fields = Object.entries(parsed.fields).map(([name, value]) => {
    const filled = fillPlaceholders(value, secrets);
    missing.push(...filled.missing);
    return [name, filled.text];
  });
  return { text: formatConsoleCommand(parsed.name, Object.fromEntries(fields)), missing };
}

export interface FoundSecret {
  /** Of the file, from 1; the header is the first. */
  line: number;
  what: string;
}

const SUSPECTS: { what: string; pattern: RegExp }[] = [
  { what: "a private key", pattern: /-----BEGIN [A-Z ]*PRIVATE KEY/ },
  { what: "a bearer token", pattern: /\bBearer\s+(?!<)[\w.~+/=-]{8,}/i },
  { what: "a password of an order", pattern: /\bpass=\\*"?(?!<|\\*")[^\s"\\]/ },
  {
    what: "a claim code of an order",
    pattern: /\bcode=\\*"?[2-9A-HJKMNP-TV-Z]{4}-?[2-9A-HJKMNP-TV-Z]{3}-?[2-9A-HJKMNP-TV-Z]{3}\b/,
  },
];
/** 64 hexadecimal digits are a key, a proof or a password, unless they stand under the name of a hash. */
const LONG_HEX = /(?:^|[^0-9a-f])[0-9a-f]{64}(?![0-9a-f])/i;
const HASH_NAMES = /^(sha256|firmwareSha256|root)$/;

/** What may be a secret in a recording that was masked already: whoever keeps it must look. Values are never shown. */
export function findSecrets(entries: readonly TimedEntry[]): FoundSecret[] {
  return entries.flatMap((entry, index) => {
    const found = new Set<string>();
    lookThrough("", entry, found);
    return [...found].map((what) => ({ line: index + 2, what }));
  });
}

function lookThrough(name: string, value: unknown, found: Set<string>): void {
  if (typeof value === "string") {
    if (isSecretField(name, value) && value !== "" && !/^<[a-z-]+>$/.test(value)) found.add(`a value under "${name}"`);
    // A chunk of firmware is chance in base64, and public.
    if (name === "body") return;
    const isHash = HASH_NAMES.test(name) || /\bsha256=[0-9a-f]{64}/.test(value);
    if (!isHash && LONG_HEX.test(value)) found.add("64 hexadecimal digits, as a key or a password has them");
    for (const { what, pattern } of SUSPECTS) if (pattern.test(value)) found.add(what);
    return;
  }
  if (value === null || typeof value !== "object") return;
  for (const [key, inner] of Object.entries(value)) lookThrough(key, inner, found);
}
