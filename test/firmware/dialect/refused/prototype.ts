// refuses: prototype
export const slice: unknown = (Array as unknown as { prototype: { slice: unknown } }).prototype.slice;
