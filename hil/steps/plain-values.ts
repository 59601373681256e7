// Owns what of a step's inputs and results can be shown: plain values, of bounded size. Everything else is named by its kind.

const DEPTH_MAX = 5;
const ENTRIES_MAX = 100;
const TEXT_CHARS_MAX = 2_000;

/** The entries of a plain object; none of anything else, since a step that returns a driver has no result to show. */
export function toPlainRecord(value: unknown): Record<string, unknown> {
  if (!isPlainObject(value)) return {};
  const shown = toPlain(value, 0);
  return isPlainObject(shown) ? shown : {};
}

function toPlain(value: unknown, depth: number): unknown {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "string")
    return value.length > TEXT_CHARS_MAX ? `${value.slice(0, TEXT_CHARS_MAX)}... (${value.length} characters)` : value;
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return `(${value.length} bytes)`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "(no date)" : value.toISOString();
  if (value instanceof Error) return value.message;
  if (value instanceof RegExp) return String(value);
  if (depth >= DEPTH_MAX) return "...";
  if (Array.isArray(value)) return value.slice(0, ENTRIES_MAX).map((one) => toPlain(one, depth + 1) ?? null);
  if (!isPlainObject(value)) return undefined;
  const entries = Object.entries(value).slice(0, ENTRIES_MAX);
  return Object.fromEntries(
    entries.map(([key, one]) => [key, toPlain(one, depth + 1)]).filter(([, one]) => one !== undefined),
  );
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
