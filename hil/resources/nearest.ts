// Owns the answer to "did you mean": which of the words there are is nearest to the one that was written.

/** The nearest of `words`, if it is near enough to have been meant. */
export function findNearest(written: string, words: readonly string[]): string | undefined {
  const plain = toPlain(written);
  const same = words.find((word) => toPlain(word) === plain);
  if (same !== undefined) return same;
  const ranked = words
    .map((word) => ({ word, distance: countEdits(plain, toPlain(word)) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  const tolerated = Math.max(1, Math.floor(plain.length / 3));
  return best !== undefined && best.distance <= tolerated ? best.word : undefined;
}

function toPlain(word: string): string {
  return word.toLowerCase().replaceAll(/[-_\s]/g, "");
}

/** Letters to put in, take away, exchange or swap with the next one. */
function countEdits(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let edits = Math.min(
        (last[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) edits = Math.min(edits, (before[column - 2] ?? 0) + 1);
      next.push(edits);
    }
    before = last;
    last = next;
  }
  return last[b.length] ?? 0;
}
