// Owns the account of what the broker refused: how often, for what reason, and a log that a flood cannot flood.
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { GuardRefusal } from "./packet-guard.ts";

export type RefusalReason =
  | GuardRefusal
  // At CONNECT.
  | "protocol-version"
  | "credentials"
  | "client-id"
  | "keep-alive"
  | "foreign-will"
  // At CONNECT or afterwards: no seal, a wrong one, or none for too long.
  | "unproven"
  | "malformed-will"
  | "not-available"
  // Afterwards.
  | "malformed-packet"
  | "retained"
  | "qos-2"
  | "unknown-topic"
  | "foreign-topic"
  | "foreign-filter"
  | "too-many-connections"
  // A message whose bytes are not its own topic's: the number is the contract's code.
  | `message-${number}`;

export interface Refusals {
  /** Count one. `facts` go to the log, if its turn has come; never a payload. */
  count(reason: RefusalReason, facts: object): void;
  /** How often each reason occurred since the start. */
  list(): Record<string, number>;
}

/** Of one reason the log takes one line in this time, and says how many it stands for. */
const LOG_EACH_MS = 10_000;

export function createRefusals(deps: { clock: Pick<Clock, "now">; log: Logger }): Refusals {
  const counts = new Map<RefusalReason, { total: number; told: number; toldAtMs: number }>();
  return {
    count(reason, facts) {
      const nowMs = deps.clock.now().getTime();
      const known = counts.get(reason) ?? { total: 0, told: 0, toldAtMs: Number.NEGATIVE_INFINITY };
      counts.set(reason, known);
      known.total += 1;
      if (Math.abs(nowMs - known.toldAtMs) < LOG_EACH_MS) return;
      deps.log.warn({ reason, times: known.total - known.told, ...facts }, "mqtt refused");
      known.told = known.total;
      known.toldAtMs = nowMs;
    },
    list: () => Object.fromEntries([...counts].map(([reason, known]) => [reason, known.total])),
  };
}
