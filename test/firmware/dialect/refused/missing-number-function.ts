// refuses: missing-number-function
export const isWhole = (x: number): boolean => Number.isInteger(x);
