// refuses: eval
export const run = (code: string): unknown => eval(code);
