// refuses: recursion
export function depth(n: number): number {
  return n === 0 ? 0 : step(n);
}
function step(n: number): number {
  return depth(n - 1);
}
