// refuses: regular-expression-method
export const find = (text: string): unknown => text.match("a");
