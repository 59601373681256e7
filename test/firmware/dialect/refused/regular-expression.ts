// refuses: regular-expression
export const isHex = (text: string): boolean => /^[0-9a-f]?$/.test(text);
