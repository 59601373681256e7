// refuses: sort
export const order = (items: number[]): unknown => items.sort();
