// Owns what has been seen: lines of the trap's console and messages of the live stream, in order, and the waiting for one of them.
// A wait that fails says what was awaited and what came last.

export interface Sighting {
  source: "trap" | "cloud";
  name: string;
  /** What was said, as plain data. */
  data: Record<string, unknown>;
  /** performance.now() when it was seen, in milliseconds. */
  at: number;
}

export interface Witness {
  note(source: Sighting["source"], name: string, data: Record<string, unknown>): void;
  /** Everything after this moment counts for `see`. */
  mark(): number;
  /**
   * The first sighting since `from` that satisfies `is`.
   * @throws Error naming what was awaited and the last things seen, after `withinMs`.
   */
  see(from: number, what: string, withinMs: number, is: (s: Sighting) => boolean): Promise<Sighting>;
  /** End every wait at once. */
  stop(reason: string): void;
}

interface Waiter {
  is: (s: Sighting) => boolean;
  resolve: (s: Sighting) => void;
  reject: (error: Error) => void;
}

const KEPT = 2000;

function describe(s: Sighting): string {
  return `${s.source} ${s.name} ${JSON.stringify(s.data).slice(0, 160)}`;
}

/** Create a witness. `now` in milliseconds, monotonic. */
export function createWitness(now: () => number): Witness {
  const seen: Sighting[] = [];
  const waiters = new Set<Waiter>();
  let dropped = 0;

  return {
    note(source, name, data) {
      const sighting = { source, name, data, at: now() };
      seen.push(sighting);
      if (seen.length > KEPT) {
        seen.shift();
        dropped++;
      }
      for (const waiter of [...waiters]) {
        if (waiter.is(sighting)) waiter.resolve(sighting);
      }
    },
    mark() {
      return seen.length + dropped;
    },
    see(from, what, withinMs, is) {
      const early = seen.slice(Math.max(0, from - dropped)).find(is);
      if (early) return Promise.resolve(early);
      return new Promise((resolve, reject) => {
        const waiter: Waiter = {
          is,
          resolve: (s) => end(() => resolve(s)),
          reject: (error) => end(() => reject(error)),
        };
        const timer = setTimeout(() => {
          const last = seen.slice(-4).map(describe).join("\n    ") || "nothing at all";
          waiter.reject(new Error(`waited ${withinMs} ms for ${what}; last seen:\n    ${last}`));
        }, withinMs);
        function end(settle: () => void): void {
          clearTimeout(timer);
          waiters.delete(waiter);
          settle();
        }
        waiters.add(waiter);
      });
    },
    stop(reason) {
      for (const waiter of [...waiters]) waiter.reject(new Error(reason));
    },
  };
}
