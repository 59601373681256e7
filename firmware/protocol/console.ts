// Owns the grammar of the serial console, since benches parse it. A trap prints lines `TL <ms> <name> key=value ...`; whatever else
// stands on the console is the interpreter talking. A host gives orders in lines `<name> key=value ...`. A value is a bare word or
// stands between quotes, with \" and \\ inside.
import { INTEGER_MAX } from "./limits.ts";
import { escapeText, type FieldValue } from "./record.ts";

export const CONSOLE_LINE_CHARS_MAX = 512;
export const CONSOLE_COMMANDS = ["wifi", "claim", "info", "identify", "reboot", "reset"] as const;
export type ConsoleCommandName = (typeof CONSOLE_COMMANDS)[number];

export interface ConsoleLine {
  /** Since the boot, in milliseconds. */
  ms: number;
  name: string;
  fields: { [key: string]: string };
}

export interface ConsoleCommand {
  name: string;
  fields: { [key: string]: string };
}

const QUOTE = 34;
const BACKSLASH = 92;
const SPACE = 32;
const EQUALS = 61;
/** The interpreter wipes its prompt, and what is being typed behind it, with this before it prints. */
const ERASE = "\x1b[J";

function isBare(text: string): boolean {
  if (text.length === 0) return false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c <= SPACE || c > 126 || c === QUOTE || c === BACKSLASH || c === EQUALS) return false;
  }
  return true;
}

function isName(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    const letter = (c >= 97 && c <= 122) || (c >= 65 && c <= 90);
    if (!letter && (i === 0 || !((c >= 48 && c <= 57) || c === 45))) return false;
  }
  return text.length > 0 && text.length <= 32;
}

/** The fields as they follow a name; one that no longer fits into the line is left out, so that a reader always gets a whole line. */
function appendFields(begin: string, fields: { [key: string]: FieldValue }): string {
  let line = begin;
  for (const key of Object.keys(fields)) {
    const value = "" + fields[key];
    const token = " " + key + "=" + (isBare(value) ? value : '"' + escapeText(value) + '"');
    if (line.length + token.length <= CONSOLE_LINE_CHARS_MAX) line += token;
  }
  return line;
}

/** One line of output, without its line end. */
export function formatConsoleLine(ms: number, name: string, fields: { [key: string]: FieldValue }): string {
  return appendFields("TL " + Math.floor(ms) + " " + name, fields);
}

/** An order as a host gives it. */
export function formatConsoleCommand(name: string, fields: { [key: string]: FieldValue }): string {
  return appendFields(name, fields);
}

/** The end of the token that starts at `at`: the next space outside quotes. -1 if a quote stays open. */
function tokenEnd(text: string, at: number): number {
  let quoted = false;
  let i = at;
  while (i < text.length) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) quoted = !quoted;
    else if (c === BACKSLASH && quoted) i++;
    else if (c === SPACE && !quoted) return i;
    i++;
  }
  return quoted ? -1 : text.length;
}

function unquote(raw: string): string | null {
  if (raw.charCodeAt(0) !== QUOTE) return isBare(raw) ? raw : null;
  let out = "";
  for (let i = 1; i < raw.length; i++) {
    let c = raw.charCodeAt(i);
    if (c === QUOTE) return i === raw.length - 1 ? out : null;
    if (c === BACKSLASH) {
      i++;
      c = raw.charCodeAt(i);
      if (c !== QUOTE && c !== BACKSLASH) return null;
    }
    // Bytes above ASCII may stand here: names of networks have them.
    if (c < SPACE || c === 127) return null;
    out += raw.charAt(i);
  }
  return null;
}

/** `key=value` tokens from `at` on; null for anything else. */
function parseFields(text: string, at: number): { [key: string]: string } | null {
  const fields: { [key: string]: string } = {};
  const seen: string[] = [];
  let from = at;
  while (from < text.length) {
    const end = tokenEnd(text, from);
    if (end < 0) return null;
    const token = text.substring(from, end);
    from = end + 1;
    if (token.length === 0) continue;
    const equals = token.indexOf("=");
    const key = equals > 0 ? token.substring(0, equals) : "";
    const value = equals > 0 ? unquote(token.substring(equals + 1)) : null;
    if (!isName(key) || value === null || seen.indexOf(key) >= 0) return null;
    seen.push(key);
    fields[key] = value;
  }
  return fields;
}

/** What a terminal would show of the line: behind what the interpreter erased, behind its prompt, without a carriage return. */
function visiblePart(line: string): string {
  const pieces = line.split(ERASE);
  const shown = pieces[pieces.length - 1] as string;
  const from = shown.charAt(0) === ">" ? 1 : 0;
  const end = shown.charAt(shown.length - 1) === "\r" ? shown.length - 1 : shown.length;
  return shown.substring(from, end);
}

/** Milliseconds of a line: digits and nothing else; -1 for anything else. */
function parseMs(digits: string): number {
  const ms = digits.length > 16 ? -1 : +digits;
  return ms >= 0 && ms <= INTEGER_MAX && "" + ms === digits && digits.indexOf(".") < 0 ? ms : -1;
}

/** Read a line of the console; null if it is not one of the trap's. Never throws. For hosts: a trap does not read its own lines. */
export function parseConsoleLine(line: unknown): ConsoleLine | null {
  if (typeof line !== "string") return null;
  const text = visiblePart(line);
  if (text.length > CONSOLE_LINE_CHARS_MAX || text.substring(0, 3) !== "TL ") return null;
  const msEnd = text.indexOf(" ", 3);
  const ms = msEnd < 0 ? -1 : parseMs(text.substring(3, msEnd));
  if (ms < 0) return null;
  const nameEnd = tokenEnd(text, msEnd + 1);
  const name = nameEnd < 0 ? "" : text.substring(msEnd + 1, nameEnd);
  const fields = isName(name) ? parseFields(text, nameEnd + 1) : null;
  return fields ? { ms: ms, name: name, fields: fields } : null;
}

/** Read an order; null if it does not follow the grammar. Whether the name is known is the device's to say. */
export function parseConsoleCommand(text: unknown): ConsoleCommand | null {
  if (typeof text !== "string" || text.length > CONSOLE_LINE_CHARS_MAX) return null;
  const end = tokenEnd(text, 0);
  const name = text.substring(0, Math.max(end, 0));
  const fields = isName(name) ? parseFields(text, end + 1) : null;
  return fields ? { name: name, fields: fields } : null;
}
