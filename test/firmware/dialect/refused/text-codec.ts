// refuses: text-codec
export const encoder = new TextEncoder();
