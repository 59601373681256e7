// refuses: default-not-last
export function weigh(kind: string): number {
  switch (kind) {
    default:
      return 1;
    case "heavy":
      return 2;
  }
}
