// Owns a wire that several may close to ground: it is closed as long as one of them closes it.

export interface Wire {
  /** A hand on the wire, open at first. */
  join(): (closed: boolean) => void;
  isClosed(): boolean;
  onChange(fn: (closed: boolean) => void): () => void;
}

/** `drive` hears of every change, and of none at first. */
export function createWire(drive: (closed: boolean) => void): Wire {
  const hands = new Set<object>();
  const listeners = new Set([drive]);

  return {
    join() {
      const hand = {};
      return (closed) => {
        const before = hands.size > 0;
        if (closed) hands.add(hand);
        else hands.delete(hand);
        const after = hands.size > 0;
        if (before !== after) for (const listener of [...listeners]) listener(after);
      };
    },
    isClosed: () => hands.size > 0,
    onChange(fn) {
      listeners.add(fn);
      return () => void listeners.delete(fn);
    },
  };
}
