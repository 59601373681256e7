// refuses: json
export const read = (text: string): unknown => JSON.parse(text);
