// Owns the name and the password of the network a trap opens for a phone while it knows no Wi-Fi: the trap uses them, the host that
// flashes it prints them on the label. Both follow from the identity, so that neither has to be stored or made up.
import { CLAIM_CODE_ALPHABET } from "./limits.ts";

/** WPA2 wants eight characters at least; ten of this alphabet are 49 bits. */
const PASSWORD_CHARS = 10;
const SERIAL_CHARS = 4;

/** The name of the network. */
export function portalSsid(serial: string): string {
  return "Trapline-" + serial.substring(serial.length - SERIAL_CHARS);
}

/** What is signed with the trap's key to get the password; no other statement begins so. */
export function portalPasswordText(serial: string): string {
  return "trapline/1/portal\n" + serial;
}

/** @param signature HMAC-SHA-256 of portalPasswordText by the trap's key, in hexadecimal */
export function portalPassword(signature: string): string {
  let password = "";
  for (let i = 0; i < PASSWORD_CHARS; i++) {
    const byte = parseInt(signature.substring(2 * i, 2 * i + 2), 16);
    password += CLAIM_CODE_ALPHABET.charAt(byte % CLAIM_CODE_ALPHABET.length);
  }
  return password;
}
