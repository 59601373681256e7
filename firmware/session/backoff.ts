// Owns how long to wait before trying again: full jitter under a ceiling that doubles, so that a fleet does not come back at once.

/** Nobody tries again sooner. */
export const BACKOFF_MS_MIN = 200;
export const BACKOFF_MS_MAX = 60000;
const FIRST_CEILING_MS = 1000;

/**
 * @param tries failed so far, from 1
 * @param capMs the ceiling never exceeds it
 * @param chance 0 to 65535, evenly distributed
 */
export function decideBackoffMs(tries: number, capMs: number, chance: number): number {
  let ceiling = FIRST_CEILING_MS;
  for (let i = 1; i < tries && ceiling < capMs; i++) ceiling *= 2;
  if (ceiling > capMs) ceiling = capMs;
  return BACKOFF_MS_MIN + Math.floor(((ceiling - BACKOFF_MS_MIN) * (chance & 65535)) / 65536);
}
