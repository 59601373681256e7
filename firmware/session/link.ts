// Owns the machine that keeps the radio on its network. Pure; session-effects.ts does what it asks.
//
// unset     no network is known; a person has to name one.
// joining   the radio was told to join.
// joined    there is a network.
// waiting   joining failed or the network was lost; it tries again after a while, for ever [LINK-1].
// On a wired board it is joined from the beginning.
import type { Outcome } from "../machine.ts";
import { BACKOFF_MS_MAX, decideBackoffMs } from "./backoff.ts";

/** Longer than the radio's own patience; should it never answer, it is asked again. */
export const JOIN_TIMEOUT_MS = 45000;

export interface LinkMachine {
  name: "unset" | "joining" | "joined" | "waiting";
  /** Counts the attempts, so that a late answer to an earlier one is known as such. */
  attempt: number;
  tries: number;
  wakeAt: number;
}

export type LinkInput =
  | { name: "network-named" }
  | { name: "network-forgotten" }
  | { name: "join-ended"; attempt: number; error: string }
  | { name: "network-lost" }
  /** The radio says that it is joined, and nothing comes through. */
  | { name: "network-doubted" }
  | { name: "time-passed" };

export type LinkEffect = { name: "join"; attempt: number } | { name: "leave" };

export function createLink(wired: boolean): LinkMachine {
  return { name: wired ? "joined" : "unset", attempt: 0, tries: 0, wakeAt: 0 };
}

/** @param chance 0 to 65535 */
export function applyLink(
  state: LinkMachine,
  input: LinkInput,
  now: number,
  chance: number,
): Outcome<LinkMachine, LinkEffect> {
  const next = Object.assign({}, state);
  const effects: LinkEffect[] = [];
  switch (input.name) {
    case "network-named":
      next.tries = 0;
      startJoining(next, now, effects);
      break;
    case "network-forgotten":
      next.name = "unset";
      next.wakeAt = 0;
      effects.push({ name: "leave" });
      break;
    case "join-ended":
      if (next.name !== "joining" || input.attempt !== next.attempt) break;
      if (input.error === "") {
        next.name = "joined";
        next.tries = 0;
        next.wakeAt = 0;
      } else startWaiting(next, now, chance);
      break;
    case "network-lost":
      if (next.name === "joined") startWaiting(next, now, chance);
      break;
    case "network-doubted":
      if (next.name !== "joined") break;
      effects.push({ name: "leave" });
      startWaiting(next, now, chance);
      break;
    default:
      if (next.wakeAt === 0 || now < next.wakeAt) break;
      if (next.name === "joining") startWaiting(next, now, chance);
      else startJoining(next, now, effects);
  }
  return { state: next, effects: effects };
}

function startJoining(n: LinkMachine, now: number, effects: LinkEffect[]): void {
  n.name = "joining";
  n.attempt++;
  n.wakeAt = now + JOIN_TIMEOUT_MS;
  effects.push({ name: "join", attempt: n.attempt });
}

function startWaiting(n: LinkMachine, now: number, chance: number): void {
  n.name = "waiting";
  n.tries++;
  n.wakeAt = now + decideBackoffMs(n.tries, BACKOFF_MS_MAX, chance);
}
