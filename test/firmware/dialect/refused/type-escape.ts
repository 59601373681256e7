// refuses: type-escape
// @ts-ignore
export const text: string = 5;
