// refuses: unrounded-division
export const half = (x: number): number => x / 2 + 1;
