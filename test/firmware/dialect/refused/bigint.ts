// refuses: bigint
export const wide = 10n;
