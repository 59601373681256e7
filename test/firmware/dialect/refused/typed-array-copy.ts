// refuses: typed-array-copy
export const tail = (bytes: Uint8Array): unknown => bytes.slice(1);
