// Owns waits that end: what another program or machine owes us is waited for so long and no longer.
import type { Clock } from "../clock.ts";

/** What `promise` comes to, or a throw of what `explain` makes after `ms`. What comes later is dropped, an error too. */
export async function bound<T>(clock: Clock, ms: number, promise: Promise<T>, explain: () => Error): Promise<T> {
  let forget: (() => void) | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    forget = clock.setTimer(ms, () => reject(explain()));
  });
  promise.catch(ignoreLate);
  try {
    return await Promise.race([promise, limit]);
  } finally {
    forget?.();
  }
}

function ignoreLate(): void {
  // It was told already that nothing came in time.
}
