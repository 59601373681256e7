// Owns how often anybody may guess what opens a claim: a code, a serial number in claiming mode. Counted per guesser, per address and in
// all, per instance of the cloud.
import type { Clock } from "../clock.ts";
import { createRateLimiter, type RateLimit, takeOrRefuse } from "../http/rate-limit.ts";

export interface GuessLimits {
  /** A trap that shows codes, an account that names serial numbers. */
  guessesPerGuesser: RateLimit;
  guessesPerAddress: RateLimit;
  guessesInAll: RateLimit;
}

const MINUTE_MS = 60_000;

/** Ten characters at 300 guesses a minute over a thousand open codes: one hit in some 3,700 years. */
export const GUESS_LIMITS: GuessLimits = {
  guessesPerGuesser: { count: 5, windowMs: 10 * MINUTE_MS },
  guessesPerAddress: { count: 20, windowMs: 10 * MINUTE_MS },
  guessesInAll: { count: 300, windowMs: MINUTE_MS },
};

export interface Guesses {
  /** @throws ProblemError too-many-requests */
  count(guesser: string, address: string): void;
  /** It was no guess: what was named is there. */
  giveBack(guesser: string, address: string): void;
}

export function createGuesses(clock: Pick<Clock, "now">, limits: GuessLimits): Guesses {
  const byGuesser = createRateLimiter({ clock, limit: limits.guessesPerGuesser });
  const byAddress = createRateLimiter({ clock, limit: limits.guessesPerAddress });
  const inAll = createRateLimiter({ clock, limit: limits.guessesInAll });
  return {
    count(guesser, address) {
      takeOrRefuse(byGuesser, guesser);
      takeOrRefuse(byAddress, address);
      takeOrRefuse(inAll, "all");
    },
    giveBack(guesser, address) {
      byGuesser.giveBack(guesser);
      byAddress.giveBack(address);
      inAll.giveBack("all");
    },
  };
}
