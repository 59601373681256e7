// refuses: inexact-math
export const near = (x: number): number => Math.round(x);
