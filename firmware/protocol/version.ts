// Owns the number of the contract. A new number is a new set of golden files; old ones are never rewritten.

/** Version of every record on a wire; the first field of each. A reader refuses any other. */
export const PROTOCOL_VERSION = 1;
