// Owns what has arrived and was not asked for yet: whoever waits for the next fitting thing gets it at once or when it comes, or is told
// that it did not come in time.
import type { Clock } from "../clock.ts";

export interface Inbox<T> {
  push(item: T): void;
  /** Takes the first that fits; null when none has come within `withinMs`, or the inbox was closed before. */
  take(fits: (item: T) => boolean, withinMs: number): Promise<T | null>;
  /** What nobody has taken; it stays. */
  rest(): T[];
  /** Nothing more comes: whoever waits is told so. */
  close(): void;
}

interface Waiter<T> {
  fits(item: T): boolean;
  give(item: T | null): void;
}

export function createInbox<T>(clock: Clock): Inbox<T> {
  const items: T[] = [];
  const waiters = new Set<Waiter<T>>();
  let isClosed = false;

  return {
    push(item) {
      const waiter = [...waiters].find((one) => one.fits(item));
      if (waiter === undefined) items.push(item);
      else waiter.give(item);
    },
    take(fits, withinMs) {
      const at = items.findIndex(fits);
      if (at >= 0) return Promise.resolve(items.splice(at, 1)[0] ?? null);
      if (isClosed || withinMs <= 0) return Promise.resolve(null);
      return new Promise((resolve) => {
        const forget = clock.setTimer(withinMs, () => waiter.give(null));
        const waiter: Waiter<T> = {
          fits,
          give(item) {
            forget();
            waiters.delete(waiter);
            resolve(item);
          },
        };
        waiters.add(waiter);
      });
    },
    rest: () => [...items],
    close() {
      isClosed = true;
      for (const waiter of [...waiters]) waiter.give(null);
    },
  };
}
