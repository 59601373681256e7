// refuses: date
export const now = (): number => Date.now();
