// refuses: power
export const square = (x: number): number => x ** 2;
