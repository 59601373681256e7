// Owns reading a phone's HTTP request as it arrives, in bounded memory: of the head only the first line and the length are kept. Pure.
import type { Bytes } from "#protocol";

const LINE_BYTES_MAX = 256;
const HEAD_BYTES_MAX = 4096;
export const BODY_BYTES_MAX = 256;
/** So much of a header is looked at. */
const HEADER_BYTES = 40;
const LENGTH_HEADER = "content-length:";

export interface PhoneRequest {
  /** What is read now; `done` with nothing more to come, `bad` with nothing more to be understood. */
  part: "line" | "headers" | "body" | "done" | "bad";
  method: string;
  path: string;
  body: Bytes;
  /** The unfinished line. */
  text: Bytes;
  headBytes: number;
  bodyBytes: number;
}

export function createPhoneRequest(): PhoneRequest {
  return { part: "line", method: "", path: "", body: "", text: "", headBytes: 0, bodyBytes: 0 };
}

/** Take what has arrived; the request changes in place. */
export function readPhoneRequest(r: PhoneRequest, data: Bytes): void {
  let rest = data;
  while (rest !== "" && (r.part === "line" || r.part === "headers")) {
    const at = rest.indexOf("\n");
    const piece = at < 0 ? rest : rest.substring(0, at + 1);
    rest = at < 0 ? "" : rest.substring(at + 1);
    r.headBytes += piece.length;
    r.text = (r.text + piece).substring(0, r.part === "line" ? LINE_BYTES_MAX : HEADER_BYTES);
    if (r.headBytes > HEAD_BYTES_MAX || (r.part === "line" && r.headBytes > LINE_BYTES_MAX)) r.part = "bad";
    else if (at >= 0) readLine(r);
  }
  if (r.part !== "body") return;
  r.body += rest.substring(0, r.bodyBytes - r.body.length);
  if (r.body.length >= r.bodyBytes) r.part = "done";
}

function readLine(r: PhoneRequest): void {
  const line = r.text.trim();
  r.text = "";
  if (r.part === "line") {
    const words = line.split(" ");
    const isHttp = words.length === 3 && ("" + words[2]).startsWith("HTTP/1.");
    r.method = "" + words[0];
    r.path = "" + words[1];
    r.part = isHttp && r.path.charAt(0) === "/" ? "headers" : "bad";
  } else if (line === "") {
    r.part = r.bodyBytes > 0 ? "body" : "done";
  } else if (line.toLowerCase().startsWith(LENGTH_HEADER)) {
    const length = parseInt(line.substring(LENGTH_HEADER.length), 10);
    if (length >= 0 && length <= BODY_BYTES_MAX) r.bodyBytes = length;
    else r.part = "bad";
  }
}

/** A field of a form as browsers send it, unescaped; null if it is not there once, or cannot be read. */
export function readFormField(body: Bytes, name: string): Bytes | null {
  let found: string | null = null;
  for (const pair of body.split("&")) {
    if (!pair.startsWith(name + "=")) continue;
    if (found !== null) return null;
    found = pair.substring(name.length + 1);
  }
  if (found === null) return null;
  const pieces = found.split("+").join(" ").split("%");
  let value = "" + pieces[0];
  for (let i = 1; i < pieces.length; i++) {
    const piece = "" + pieces[i];
    const byte = readHexByte(piece);
    if (byte < 0) return null;
    value += String.fromCharCode(byte) + piece.substring(2);
  }
  return value;
}

function readHexByte(text: string): number {
  const digits = "0123456789abcdef";
  const high = text.length < 2 ? -1 : digits.indexOf(text.charAt(0).toLowerCase());
  const low = text.length < 2 ? -1 : digits.indexOf(text.charAt(1).toLowerCase());
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}
