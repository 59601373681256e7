// refuses: for-in
export function sum(counts: { [name: string]: number }): number {
  let all = 0;
  for (const name in counts) all += counts[name] ?? 0;
  return all;
}
