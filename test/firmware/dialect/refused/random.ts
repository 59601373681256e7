// refuses: random
export const roll = (): number => Math.random();
