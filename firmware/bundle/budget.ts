// Owns the limits the built firmware must keep; a test fails above them. They are ours, below what the board could bear: text stays in
// flash, but every function and every variable of it costs memory, of which a trap has 2,500 variables in all.

/** What an ESP32 has: variables of the interpreter with Wi-Fi and Bluetooth in, and bytes of its stack. */
export const CHIP_VARIABLES = 2_500;
export const CHIP_STACK_BYTES = 25_000;

/** The application, main.ts and all it imports. */
export const BUNDLE_BYTES_MAX = 64 * 1024;
/** The loader that stands in .boot0. */
export const BOOT_BYTES_MAX = 16 * 1024;
/** Variables in use when the bundle has started and nothing is open yet; what is left of 2,500 is for connections and messages. */
export const REST_VARIABLES_MAX = 1_600;
/** Stack that a start may take, the loader's verifying of a signature included. */
export const START_STACK_BYTES_MAX = 16_000;
/** Calls within calls that the compiler can see, callbacks of the interpreter not counted. */
export const CHAIN_CALLS_MAX = 20;
