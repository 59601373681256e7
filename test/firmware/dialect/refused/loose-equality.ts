// refuses: loose-equality
export const isNone = (value: number | number[], none: number): boolean => value == none;
