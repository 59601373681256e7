// refuses: type-error
export const count: number = "one";
