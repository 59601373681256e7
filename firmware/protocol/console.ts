// Owns the grammar of the serial console, since benches parse it. A trap prints lines `TL <ms> <name> key=value ...`; whatever else
// stands on the console is the interpreter talking. A host gives orders in lines `<name> key=value ...`. A value is a bare word or
// stands between quotes, with \" and \\ inside.
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

function isBare(text: string): boolean {
  if (text.length === 0) return false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c <= 32 || c > 126 || c === 34 || c === 92 || c === 61) return false;
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

/** One line of output, without its line end. */
export function formatConsoleLine(ms: number, name: string, fields: { [key: string]: FieldValue }): string {
  let line = "TL " + Math.floor(ms) + " " + name;
  for (const key in fields) {
    const value = "" + fields[key];
    line += " " + key + "=" + (isBare(value) ? value : '"' + escapeText(value) + '"');
  }
  return line;
}

/** The end of the token that starts at `at`: the next space outside quotes. -1 if a quote stays open. */
function tokenEnd(text: string, at: number): number {
  let quoted = false;
  let i = at;
  while (i < text.length) {
    const c = text.charCodeAt(i);
    if (c === 34) quoted = !quoted;
    else if (c === 92 && quoted) i++;
    else if (c === 32 && !quoted) return i;
    i++;
  }
  return quoted ? -1 : text.length;
}

function unquote(raw: string): string | null {
  if (raw.charCodeAt(0) !== 34) return isBare(raw) ? raw : null;
  let out = "";
  for (let i = 1; i < raw.length; i++) {
    const c = raw.charCodeAt(i);
    if (c === 34) return i === raw.length - 1 ? out : null;
    if (c === 92) i++;
    if (i < raw.length) out += raw.charAt(i);
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

/** Read a line of the console; null if it is not one of the trap's. Never throws. */
export function parseConsoleLine(line: string): ConsoleLine | null {
  const from = line.indexOf("TL ");
  // A prompt may stand before the line, never more than that.
  if (from < 0 || from > 2 || line.length > CONSOLE_LINE_CHARS_MAX) return null;
  const msEnd = line.indexOf(" ", from + 3);
  if (msEnd < 0) return null;
  const digits = line.substring(from + 3, msEnd);
  let ms = 0;
  for (let i = 0; i < digits.length; i++) {
    const c = digits.charCodeAt(i);
    if (c < 48 || c > 57) return null;
    ms = ms * 10 + (c - 48);
  }
  const nameEnd = tokenEnd(line, msEnd + 1);
  const name = line.substring(msEnd + 1, nameEnd < 0 ? msEnd + 1 : nameEnd);
  const fields = isName(name) && digits.length > 0 ? parseFields(line, nameEnd + 1) : null;
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
