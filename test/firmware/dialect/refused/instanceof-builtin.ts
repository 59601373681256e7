// refuses: instanceof-builtin
export const isFault = (thrown: unknown): boolean => thrown instanceof Error;
