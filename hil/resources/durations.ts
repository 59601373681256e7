// Owns spans of time as people write and read them: 90s, 30m, 2h, 3d.
import { HilError } from "../error.ts";

const UNITS: [letter: string, ms: number][] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
];

/** @returns milliseconds @throws HilError "duration-wrong" */
export function parseDuration(text: string, maxMs: number): number {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)\s*([dhms])/gy)];
  const written = parts.map(([part]) => part).join("");
  const ms = parts.reduce(
    (sum, [, count, letter]) => sum + Number(count) * (UNITS.find(([unit]) => unit === letter)?.[1] ?? 0),
    0,
  );
  if (written === text.trim() && ms > 0 && ms <= maxMs) return Math.round(ms);
  const found = written === text.trim() && ms > maxMs ? "is too long" : "is no span of time";
  throw new HilError(
    "usage",
    "duration-wrong",
    `"${text}" ${found}. Write a number and d, h, m or s, up to ${printDuration(maxMs)}: 30m, 2h, 1h30m.`,
  );
}

/** The two largest units: "1 h 5 min", "45 s". */
export function printDuration(ms: number): string {
  const words: Record<string, string> = { d: "d", h: "h", m: "min", s: "s" };
  let left = Math.max(0, Math.round(ms / 1_000) * 1_000);
  const parts: string[] = [];
  for (const [letter, unit] of UNITS) {
    const count = Math.floor(left / unit);
    left -= count * unit;
    if (count > 0 && parts.length < 2) parts.push(`${count} ${words[letter]}`);
    else if (parts.length > 0) break;
  }
  return parts.length === 0 ? "0 s" : parts.join(" ");
}
