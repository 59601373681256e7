// Owns the terms in which it is said what a kept recording is expected to do. Pure; judging is kept.ts's.

export const KEPT_AGAINST = ["trap", "cloud"] as const;
export type KeptAgainst = (typeof KEPT_AGAINST)[number];

export interface Kept {
  /** Kebab-case, the file's name. */
  name: string;
  /** What is replaced by another one: the trap, by a board with the firmware under test, or the cloud. */
  against: KeptAgainst[];
  /** `same`: no differences. `otherwise`: at least one, since the recording shows a fault; or what `must` and `never` say. */
  expects: "same" | "otherwise";
  /** Outputs of the trap, as "mqtt event kind=sprung": each has to come. */
  must: string[];
  /** None of these may come. */
  never: string[];
}

export interface Expectation {
  channel: string;
  name: string;
  fields: Record<string, string>;
}

/** Null if it cannot be an output. */
export function parseExpectation(text: string): Expectation | null {
  const [channel = "", name = "", ...words] = text.trim().split(/\s+/);
  if (!["console", "mqtt", "http"].includes(channel) || name === "") return null;
  const pairs = words.map((word) => /^([A-Za-z][A-Za-z0-9]*)=(.+)$/.exec(word));
  if (pairs.some((pair) => pair === null)) return null;
  return { channel, name, fields: Object.fromEntries(pairs.map((pair) => [pair?.[1], pair?.[2]])) };
}
