// Owns how a record and its seal share a payload: the record, a line feed, the count, a space, the seal. What is sealed is proofs.ts's,
// with which key and which count the two ends'; a will has the count 0.
import { PROOF_CHARS } from "./claiming.ts";
import { CODE_MALFORMED, CODE_NOT_TEXT, CODE_TOO_LONG } from "./codes.ts";
import { SEAL_COUNT_MAX, SEALED_BYTES_MAX } from "./limits.ts";
import type { Bytes } from "./record.ts";

/** Of SEAL_COUNT_MAX. The interpreter throws when it shall convert a long text. */
const COUNT_CHARS_MAX = 10;

/** What a payload holds; `seal` is 64 characters of any kind, and nothing here is to be believed yet. */
export type SplitSealed = { ok: true; record: Bytes; count: number; seal: string } | { ok: false; code: number };

/** @param count 0 to SEAL_COUNT_MAX @param seal HMAC-SHA-256 in hexadecimal */
export function joinSealed(record: Bytes, count: number, seal: string): Bytes {
  return record + "\n" + count + " " + seal;
}

/** Never throws. No two payloads are split alike, and what is split is joined to the same bytes. */
export function splitSealed(payload: unknown): SplitSealed {
  if (typeof payload !== "string") return { ok: false, code: CODE_NOT_TEXT };
  if (payload.length > SEALED_BYTES_MAX) return { ok: false, code: CODE_TOO_LONG };
  const recordEnd = payload.indexOf("\n");
  const countEnd = payload.length - PROOF_CHARS - 1;
  const digits = payload.substring(recordEnd + 1, countEnd);
  const count = recordEnd >= 0 && digits.length <= COUNT_CHARS_MAX ? +digits : -1;
  const isCount = count >= 0 && count <= SEAL_COUNT_MAX && Math.floor(count) === count && "" + count === digits;
  if (!isCount || payload.charAt(countEnd) !== " ") return { ok: false, code: CODE_MALFORMED };
  return { ok: true, record: payload.substring(0, recordEnd), count: count, seal: payload.substring(countEnd + 1) };
}
