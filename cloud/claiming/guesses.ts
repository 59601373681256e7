// Owns how often anybody may guess what opens a claim: a code, a serial number in claiming mode. Counted per guesser, per address and in
// all, per instance of the cloud. Pure.
import type { RateLimit, RateLimiter, Taken } from "../http/rate-limit.ts";

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
  count(guesser: string, address: string): Taken;
  /** It was no guess: what was named is there. */
  giveBack(guesser: string, address: string): void;
}

export function createGuesses(limiters: Record<keyof GuessLimits, RateLimiter>): Guesses {
  const { guessesPerGuesser, guessesPerAddress, guessesInAll } = limiters;
  return {
    count(guesser, address) {
      const first = guessesPerGuesser.take(guesser);
      const second = first.ok ? guessesPerAddress.take(address) : first;
      return second.ok ? guessesInAll.take("all") : second;
    },
    giveBack(guesser, address) {
      guessesPerGuesser.giveBack(guesser);
      guessesPerAddress.giveBack(address);
      guessesInAll.giveBack("all");
    },
  };
}
