// Owns the numeric codes of the wire: refusals, results, reset reasons. Append only; a number is never used again [WIRE-2].

/** Done, accepted, nothing to report. */
export const CODE_OK = 0;

// Why a record was refused.
export const CODE_NOT_TEXT = 1;
export const CODE_TOO_LONG = 2;
export const CODE_MALFORMED = 3;
export const CODE_UNKNOWN_VERSION = 4;
export const CODE_BAD_FIELD = 5;
export const CODE_UNKNOWN_TOPIC = 6;
export const CODE_FOREIGN_TOPIC = 7;
/** Its seal is not the one of this connection, or was seen before. */
export const CODE_UNPROVEN = 8;

// Why a command or a configuration was refused.
export const CODE_UNKNOWN_COMMAND = 20;
export const CODE_OUT_OF_RANGE = 21;
export const CODE_NOT_NOW = 22;

// Why an update was refused or given up.
export const CODE_UPDATE_TOO_LARGE = 30;
export const CODE_UPDATE_DOWNLOAD_FAILED = 31;
export const CODE_UPDATE_WRONG_SIZE = 32;
export const CODE_UPDATE_WRONG_HASH = 33;
export const CODE_UPDATE_NO_ROOM = 34;
export const CODE_UPDATE_BUSY = 35;
export const CODE_UPDATE_ALREADY_RUNNING = 36;
/** Of another product, or for other hardware. */
export const CODE_UPDATE_FOREIGN = 37;
/** Its counter is below that of what the trap has run. */
export const CODE_UPDATE_OUTDATED = 38;
/** It carries no signature of the key in the boot loader. */
export const CODE_UPDATE_UNSIGNED = 39;

// Why claiming did not go on.
export const CODE_NO_NETWORK = 40;
export const CODE_CLOUD_UNREACHABLE = 41;
export const CODE_CLOUD_REFUSED = 42;
export const CODE_CLOUD_UNPROVEN = 43;
export const CODE_OWNED = 44;
export const CODE_WINDOW_CLOSED = 45;
export const CODE_CLAIM_CODE_REFUSED = 46;
export const CODE_NO_IDENTITY = 47;

// What happened to the device itself.
export const CODE_STORE_FULL = 60;
export const CODE_STORE_DAMAGED = 61;
export const CODE_OUTBOX_DROPPED = 62;
export const CODE_UNCAUGHT = 63;

// How the trial of an update ended.
/** Three boots did not confirm it: the firmware before it runs again. */
export const CODE_UPDATE_ROLLED_BACK = 70;

// Why the device started.
export const RESET_UNKNOWN = 0;
export const RESET_POWER_ON = 1;
export const RESET_SOFTWARE = 2;
export const RESET_WATCHDOG = 3;
export const RESET_BROWN_OUT = 4;
export const RESET_DEEP_SLEEP = 5;
/** The trap restarted itself: out of memory. */
export const RESET_MEMORY = 6;
/** The trap restarted itself: a vital part had stopped. */
export const RESET_STUCK = 7;
/** The trap restarted itself: too long without a connection though there was a network. */
export const RESET_NETWORK = 8;
