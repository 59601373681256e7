// Owns the verdict whether a trap lives [HEALTH-1], given at every round of chores: only a living one kicks the watchdog. Pure;
// health-effects.ts looks, and carries the verdict out. That there are chores at all shows that timers fire and the queue is turned.
//
// What has stopped for good is mended by a new start and by nothing else: a handler that the interpreter took away when it failed, memory
// that does not come back, a radio or a broker's name that is stuck though it looks well. If the new start did not help either, the next
// one is longer in coming, so that a trap that cannot be mended still spends its time watching.
import { RESET_MEMORY, RESET_NETWORK, RESET_STUCK } from "#protocol";

/** Fewer free variables than this are too few to take a message. */
export const FREE_MIN = 120;
/** Memory is exhausted if it has been short for so long, with no rest of REST_MS between. */
export const SHORT_MS = 600000;
export const REST_MS = 300000;
/** Edges of the plunger that the level showed, and that nobody told of, one after the other. */
export const MISSED_MAX = 2;
/** Without a session: on a network, and without one, where a radio that is stuck looks like a router that is off. */
export const OFFLINE_MS = 1800000;
export const NO_NETWORK_MS = 14400000;
/** Every so long without a session a radio that says it is joined is made to join again: it may have lost the network without a word. */
export const DOUBT_MS = 300000;
/** After a new start that did not help a part that stopped is given so long. */
export const STOPPED_MS = 60000;
/** Whatever patience with a network has grown to. */
export const PATIENCE_MS_MAX = 86400000;
/** New starts in a row that count. */
export const STRIKES_MAX = 9;

export interface Health {
  /** A handler was taken away. */
  hasLost: boolean;
  missed: number;
  /** Memory has been short since, and when it was so last; -1 if it is not. */
  shortSince: number;
  shortAt: number;
  /** Since when it has no session though it ought to; -1 if it has one. */
  offlineSince: number;
  /** How often the radio was doubted since. */
  doubts: number;
}

/** What a round of chores sees. */
export interface Signs {
  lostHandler: boolean;
  /** Since the last look, whether memory is free again or not. */
  outOfMemory: boolean;
  freeVariables: number;
  /** The plunger is not as it was told. */
  missedEdge: boolean;
  /** It has an owner and a network it knows, and no session. */
  isOffline: boolean;
  hasNetwork: boolean;
}

export function createHealth(): Health {
  return { hasLost: false, missed: 0, shortSince: -1, shortAt: -1, offlineSince: -1, doubts: 0 };
}

/**
 * @param strikes new starts in a row after which the cloud has not been reached; each doubles the patience
 * @param now milliseconds since the boot
 * @returns in `reason` one of the RESET_ codes if only a new start helps, else 0; whether the radio's word is to be doubted
 */
export function decideHealth(
  before: Health,
  s: Signs,
  strikes: number,
  now: number,
): { health: Health; reason: number; doubts: boolean } {
  const n = Object.assign({}, before);
  if (s.lostHandler) n.hasLost = true;
  if (s.missedEdge) n.missed++;
  if (s.outOfMemory || s.freeVariables < FREE_MIN) {
    if (n.shortSince < 0) n.shortSince = now;
    n.shortAt = now;
  } else if (n.shortSince >= 0 && now - n.shortAt >= REST_MS) n.shortSince = -1;
  if (!s.isOffline) {
    n.offlineSince = -1;
    n.doubts = 0;
  } else if (n.offlineSince < 0) n.offlineSince = now;
  const doubts = n.offlineSince >= 0 && s.hasNetwork && now - n.offlineSince >= DOUBT_MS * (n.doubts + 1);
  if (doubts) n.doubts++;

  let reason = 0;
  const grown = 1 << Math.min(strikes, STRIKES_MAX);
  const stoppedMs = strikes === 0 ? 0 : STOPPED_MS * grown;
  const offlineMs = Math.min(PATIENCE_MS_MAX, (s.hasNetwork ? OFFLINE_MS : NO_NETWORK_MS) * grown);
  if ((n.hasLost || n.missed >= MISSED_MAX) && now >= stoppedMs) reason = RESET_STUCK;
  else if (n.shortSince >= 0 && n.shortAt === now && now - n.shortSince >= SHORT_MS * grown) reason = RESET_MEMORY;
  else if (n.offlineSince >= 0 && now - n.offlineSince >= offlineMs) reason = RESET_NETWORK;
  return { health: n, reason: reason, doubts: doubts };
}
