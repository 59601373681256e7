// Owns the states of a board that a suite may ask for, in the order in which they are reached.

/** `flashed`: verified bytes are on it; `booted`: the trap runs them; `joined`: it is in the Wi-Fi; `online`: claimed, and the cloud hears it. */
export const BOARD_STATES = ["any", "loader", "flashed", "booted", "joined", "online"] as const;
export type BoardState = (typeof BOARD_STATES)[number];
