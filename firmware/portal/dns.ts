// Owns the answers of the portal to questions for names: every name is here. Pure; whatever is no plain question gets no answer.
import type { Bytes } from "#protocol";

const HEADER_BYTES = 12;
const QUERY_BYTES_MAX = 300;
const TYPE_A = 1;
const TYPE_ANY = 255;
const CLASS_INTERNET = 1;
/** Seconds; a phone shall not believe it for longer than it has to. */
const TTL = "\x00\x00\x00\x05";

function readWord(bytes: Bytes, at: number): number {
  return bytes.charCodeAt(at) * 256 + bytes.charCodeAt(at + 1);
}

/**
 * The answer to one datagram; empty for what is no question (RFC 1035).
 * @param address of the portal, four bytes
 */
export function answerName(query: Bytes, address: Bytes): Bytes {
  if (query.length < HEADER_BYTES + 5 || query.length > QUERY_BYTES_MAX) return "";
  const flags = query.charCodeAt(2);
  // A question, a standard one, and one of it.
  if ((flags & 0xf8) !== 0 || readWord(query, 4) !== 1) return "";
  let at = HEADER_BYTES;
  let label = query.charCodeAt(at);
  while (label > 0 && label < 64 && at < query.length) {
    at += label + 1;
    label = query.charCodeAt(at);
  }
  const end = at + 5;
  if (label !== 0 || end > query.length || readWord(query, at + 3) !== CLASS_INTERNET) return "";
  const type = readWord(query, at + 1);
  const known = type === TYPE_A || type === TYPE_ANY;
  const head = query.substring(0, 2) + String.fromCharCode(0x84 | (flags & 1)) + "\x00\x00\x01\x00";
  const question = query.substring(HEADER_BYTES, end);
  // Of another kind than an address there is nothing here, which is an answer too: nobody waits for it.
  if (!known) return head + "\x00\x00\x00\x00\x00" + question;
  return head + "\x01\x00\x00\x00\x00" + question + "\xc0\x0c\x00\x01\x00\x01" + TTL + "\x00\x04" + address;
}
