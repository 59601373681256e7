// Owns the one stream of what happens on a bench: console, reports, recorder and live view all subscribe to it, and none of them asks
// anything else. Every text in it has been masked before it is published.
import type { RecordedEntry } from "../record/entries.ts";

export type Outcome = "passed" | "marginal" | "failed" | "skipped" | "broken" | "interrupted";
/** `broken`: not the promise failed but something beneath the bench gave way. */

export type LogSource = "console" | "rom" | "mqtt" | "http" | "pins" | "power" | "wifi" | "clock" | "bench";

/** Limits in the measurement's own unit: up to `pass` it passes, up to `fail` it is marginal, beyond it fails. */
export interface Limits {
  pass: number;
  fail: number;
}

export interface Failure {
  message: string;
  /** Titles of the steps it happened in, the outermost first; none where it was the suite itself. */
  path?: string[];
  /** What was awaited, and what was last seen, if it was a wait. */
  awaited?: string;
  lastSeen?: string[];
  code?: string;
  /** File and line within the bench, for what nobody expected to be thrown. */
  where?: string;
}

export type HilEventBody =
  | {
      type: "run-started";
      runId: string;
      startedAt: string;
      bench: string;
      boards: BoardFacts[];
      suites: string[];
      command: string;
    }
  | { type: "suite-started"; suite: string; title: string; board: string; attempt: number }
  | {
      type: "step-started";
      /** Unique within the run, from 1. */
      step: number;
      /** Null: it stands in the suite itself. */
      parent: number | null;
      /** It puts back what the suite did. */
      isTeardown?: boolean;
      suite: string;
      board: string;
      title: string;
      inputs: Record<string, unknown>;
    }
  | {
      type: "step-ended";
      step: number;
      suite: string;
      board: string;
      outcome: Outcome;
      durationMs: number;
      results: Record<string, unknown>;
      failure?: Failure;
      skipReason?: string;
    }
  | {
      type: "measured";
      /** 0: the suite itself. */
      step: number;
      suite: string;
      board: string;
      name: string;
      value: number;
      unit: string;
      limits?: Limits;
      outcome: "passed" | "marginal" | "failed";
    }
  | { type: "logged"; board: string; source: LogSource; direction?: "in" | "out"; text: string }
  /** The same as data, for whoever replays it: what a line of text cannot carry. Beside `logged`, not instead of it. */
  | { type: "recorded"; board: string; entry: RecordedEntry }
  | { type: "progress"; board: string; what: string; done: number; total: number }
  | { type: "remarked"; board?: string; level: "info" | "warn"; text: string }
  | {
      type: "suite-ended";
      suite: string;
      board: string;
      attempt: number;
      outcome: Outcome;
      durationMs: number;
      failure?: Failure;
      skipReason?: string;
      repeat: string;
    }
  | {
      type: "run-ended";
      outcome: Outcome;
      exitStatus: number;
      durationMs: number;
      counts: Record<Outcome, number>;
      folder?: string;
    };

export interface BoardFacts {
  name: string;
  mac: string;
  isVirtual: boolean;
  labels: Record<string, string>;
}

/** `at`: milliseconds since the run started. */
export type HilEvent = HilEventBody & { at: number };
export type HilEventType = HilEvent["type"];

export interface EventStream {
  /** Returns the event as everybody hears it: dated and masked. */
  publish(event: HilEventBody): HilEvent;
  /** Returns how to stop it. A subscriber that throws is told of once and dropped; the others go on. */
  subscribe(listen: (event: HilEvent) => void): () => void;
  /** From now on this text is shown as `***` in everything that is published. Shorter than 4 characters is not masked. */
  mask(secret: string): void;
  /** Milliseconds since the run started. */
  now(): number;
}
