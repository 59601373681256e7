// refuses: tagged-template
const tag = (parts: TemplateStringsArray): string => parts.join("");
export const text = tag`a`;
