// Owns the limits the built firmware must keep; a test fails above them. They are ours, below what the board could bear: text stays in
// flash, but every function and every variable of it costs memory, of which a trap has 2,500 variables in all.

/** The application, main.ts and all it imports. */
export const BUNDLE_BYTES_MAX = 64 * 1024;
/** The loader that stands in .boot0. */
export const BOOT_BYTES_MAX = 16 * 1024;
/** Variables in use when the bundle has started and nothing is open yet; what is left of 2,500 is for connections and messages. */
export const REST_VARIABLES_MAX = 1_600;
