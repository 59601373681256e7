// Owns gathering the bytes of a cable into whole lines, for each direction by itself, dated by their first byte. Pure.
import type { EntryOf, TimedEntry } from "./entries.ts";

/** A line without an end is cut here: a board that sends nothing but noise shall not fill the memory. */
const LINE_BYTES_MAX = 16_384;

export interface SerialLines {
  /** @returns the lines that are whole by now */
  add(at: number, piece: EntryOf<"serial">): TimedEntry[];
  /** What has no end. */
  flush(): TimedEntry[];
}

export function createSerialLines(): SerialLines {
  const rests = { in: { at: 0, bytes: "" }, out: { at: 0, bytes: "" } };
  return {
    add(at, { direction, bytes }) {
      const rest = rests[direction];
      if (rest.bytes === "") rest.at = at;
      rest.bytes += bytes;
      const end = rest.bytes.length > LINE_BYTES_MAX ? rest.bytes.length : rest.bytes.lastIndexOf("\n") + 1;
      if (end === 0) return [];
      const whole = { kind: "serial" as const, at: rest.at, direction, bytes: rest.bytes.slice(0, end) };
      rest.at = at;
      rest.bytes = rest.bytes.slice(end);
      return [whole];
    },
    flush: () =>
      (["in", "out"] as const)
        .filter((direction) => rests[direction].bytes !== "")
        .map((direction) => {
          const { at, bytes } = rests[direction];
          rests[direction].bytes = "";
          return { kind: "serial" as const, at, direction, bytes };
        }),
  };
}
