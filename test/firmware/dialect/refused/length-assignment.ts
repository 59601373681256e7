// refuses: length-assignment
export function clear(items: string[]): void {
  items.length = 0;
}
