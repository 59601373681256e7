// Owns the states of a board that a suite may ask for, in the order in which they are reached.

/**
 * `flashed`: verified bytes are on it; `booted`: the trap runs them, as new: nobody's, in no Wi-Fi; `joined`: it is in the Wi-Fi, nobody's;
 * `online`: claimed by the bench's own person, and the cloud hears it.
 */
export const BOARD_STATES = ["any", "loader", "flashed", "booted", "joined", "online"] as const;
export type BoardState = (typeof BOARD_STATES)[number];

/** Where a board is that answers, as far as its own words tell. */
export interface Standing {
  serialNumber: string | undefined;
  sha256: string;
  version: string;
  boot: string;
  trap: string;
  link: string;
  session: string;
  /** Of the owner's account; undefined while it is nobody's. */
  deviceId: string | undefined;
  /** Events that the cloud has not acknowledged. */
  outbox: number;
}
