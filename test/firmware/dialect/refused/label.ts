// refuses: label
export function find(rows: number[][]): number {
  let found = 0;
  outer: for (const row of rows) {
    for (const item of row) {
      found = item;
      if (item > 3) break outer;
    }
  }
  return found;
}
