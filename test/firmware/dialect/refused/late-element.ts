// refuses: late-element
export function fill(items: number[], make: () => number): void {
  items[items.length] = make();
}
