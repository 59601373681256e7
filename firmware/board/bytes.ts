// Owns the way from the interpreter's arrays of bytes to strings of bytes.
import type { Bytes } from "#protocol";

/** The same bytes as a string. E.toString wants them in one piece and fails where memory is scattered; the loop never does. */
export function toBytes(view: Uint8Array): Bytes {
  const whole = E.toString(view);
  if (typeof whole === "string" && whole.length === view.length) return whole;
  let out = "";
  for (let i = 0; i < view.length; i++) out += String.fromCharCode(view[i] as number);
  return out;
}

/** Lower-case hexadecimal. */
export function toHex(view: Uint8Array): string {
  const digits = "0123456789abcdef";
  let out = "";
  for (let i = 0; i < view.length; i++) {
    const byte = view[i] as number;
    out += digits.charAt(byte >> 4) + digits.charAt(byte & 15);
  }
  return out;
}
