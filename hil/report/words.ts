// Owns how reports say things that all of them say: times, values, outcomes, a failure in lines.
import type { Failure, Outcome } from "../steps/events.ts";
import type { MeasurementModel } from "./run-model.ts";

/** For eyes; the word always stands beside it. */
export const OUTCOME_MARKS: Record<Outcome, string> = {
  passed: "\u2713",
  marginal: "\u2248",
  failed: "\u2717",
  skipped: "\u2013",
  broken: "\u26a0",
  interrupted: "\u25a0",
};

/** "340 ms", "4.2 s", "1 min 05 s", "2 h 03 min". */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** Since the run began, of constant width: "00:04.123", "1:02:03.456". */
export function formatAt(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  const two = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(whole / 60_000);
  const rest = `${two(Math.floor(whole / 1_000) % 60)}.${String(whole % 1_000).padStart(3, "0")}`;
  return minutes < 60 ? `${two(minutes)}:${rest}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${rest}`;
}

/** At most three places behind the point, and none that say nothing. */
export function formatValue(value: number): string {
  return String(Math.round(value * 1_000) / 1_000);
}

export function formatMeasurement(one: Pick<MeasurementModel, "name" | "value" | "unit" | "limits">): string {
  const limits =
    one.limits === undefined ? "" : ` (up to ${formatValue(one.limits.pass)}, at most ${formatValue(one.limits.fail)})`;
  return `${one.name} ${formatValue(one.value)} ${one.unit}${limits}`;
}

/** Of a path through steps. */
export const PATH_SEPARATOR = " \u203a ";

export interface FailureLine {
  /** Undefined: the line goes on with what the one before it is about. */
  label: string | undefined;
  text: string;
}

const LAST_SEEN_MAX = 20;

/** Everything that is known of a failure, one line each. */
export function listFailureLines(failure: Failure): FailureLine[] {
  const lines: FailureLine[] = [];
  const add = (label: string, texts: string[]) =>
    texts.forEach((text, at) => void lines.push({ label: at === 0 ? label : undefined, text }));
  add("what", failure.message.split("\n"));
  if (failure.path !== undefined && failure.path.length > 0) add("in", [failure.path.join(PATH_SEPARATOR)]);
  if (failure.awaited !== undefined) add("awaited", [failure.awaited]);
  if (failure.lastSeen !== undefined)
    add("last seen", failure.lastSeen.length === 0 ? ["nothing"] : failure.lastSeen.slice(-LAST_SEEN_MAX));
  if (failure.where !== undefined) add("at", [failure.where]);
  if (failure.code !== undefined) add("code", [failure.code]);
  return lines;
}

/** Inputs or results on one line: `ssid="loft" tries=3`. */
export function formatRecord(record: Record<string, unknown>): string {
  return Object.entries(record)
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join(" ");
}

/** Nothing in it moves a cursor, rings a bell or colours what follows. */
export function toPrintable(text: string): string {
  return text
    .replaceAll("\t", "  ")
    .replaceAll(/[\p{Cc}\p{Surrogate}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (char) => {
      const code = char.codePointAt(0) ?? 0;
      return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
    });
}
