// refuses: missing-string-method
export const bare = (text: string): unknown => text.trimStart();
