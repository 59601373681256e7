// refuses: name-of-function
export const nameOf = (run: () => void): unknown => run.name;
