// Owns the bytes of signed files on their way to traps: a few are kept in memory, since a trap asks for a hundred chunks of the same one,
// and a fleet for the same one again.

/** Content by id; null for none. Missing content is not remembered. */
export interface FirmwareContent {
  find(id: string): Promise<Uint8Array | null>;
}

/** Little more than a megabyte at most. */
const KEPT_MAX = 8;

export function createFirmwareContent(
  load: (id: string) => Promise<Uint8Array | null>,
  keptMax: number = KEPT_MAX,
): FirmwareContent {
  // In the order of last use, oldest first.
  const kept = new Map<string, Promise<Uint8Array | null>>();

  async function loadOnce(id: string): Promise<Uint8Array | null> {
    let isGood = false;
    try {
      const content = await load(id);
      isGood = content !== null;
      return content;
    } finally {
      if (!isGood) kept.delete(id);
    }
  }

  return {
    find(id) {
      const known = kept.get(id) ?? loadOnce(id);
      kept.delete(id);
      kept.set(id, known);
      for (const oldest of kept.keys()) {
        if (kept.size <= keptMax) break;
        kept.delete(oldest);
      }
      return known;
    },
  };
}
