// refuses: missing-math-function
export const cut = (x: number): number => Math.trunc(x);
