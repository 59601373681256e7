// refuses: collection
export const seen = new Map<string, number>();
