// Owns how an order is typed into the interpreter's console, and the password of one that is locked.
import { createHash } from "node:crypto";

/** The interpreter does not echo a line that begins with it. */
const NO_ECHO = "\x10";
const PASSWORD_CHARS = 16;
/** Fields whose values are nobody's to read. */
const SECRET_FIELDS = ["pass", "code"];
const MASKED = "***";
const BARE = /^[!#-<>-[\]-~]+$/;

/** The line as it is typed, with its end. */
export function typeOrder(name: string, fields: Record<string, string>): string {
  const quoted = JSON.stringify(formatBytes(name, fields)).replaceAll(
    /[^ -~]/g,
    (letter) => `\\x${letter.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return `${NO_ECHO}TL(${quoted})\n`;
}

/** The order as it may be shown and kept. */
export function showOrder(name: string, fields: Record<string, string>): string {
  const shown = Object.entries(fields).map(([key, value]) => [key, SECRET_FIELDS.includes(key) ? MASKED : value]);
  return Buffer.from(formatBytes(name, Object.fromEntries(shown)), "latin1").toString("utf8");
}

/**
 * The interpreter's strings are bytes: a letter that is no ASCII is as many characters as it has bytes in UTF-8. The contract's writer serves
 * the trap, which prints none of these; its reader takes them between quotes.
 */
function formatBytes(name: string, fields: Record<string, string>): string {
  const tokens = Object.entries(fields).map(([key, value]) => {
    const bytes = Buffer.from(value, "utf8").toString("latin1");
    return `${key}=${BARE.test(bytes) ? bytes : `"${bytes.replaceAll(/["\\]/g, "\\$&")}"`}`;
  });
  return [name, ...tokens].join(" ");
}

/** @param key the trap's, 32 bytes in hexadecimal; the boot loader makes the same of it */
export function consolePassword(key: string): string {
  return createHash("sha256").update(`trapline/1/console\n${key}`).digest("hex").slice(0, PASSWORD_CHARS);
}
