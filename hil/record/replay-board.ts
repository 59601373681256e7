// Owns what a replay needs of a board to put a recording's inputs in and hear what comes out. A virtual board's process stands behind it
// (virtual-replay-board.ts), or a double of a test.

export interface ReplayBoard {
  /** Whole lines of the console from now on. Returns how to stop it. */
  onLine(listen: (text: string) => void): () => void;
  /** Types an order of the console grammar. */
  order(text: string): Promise<void>;
  setPower(on: boolean): Promise<void>;
  /** Takes the access point away and gives it back. */
  setWifi(up: boolean): Promise<void>;
  /** True is pressed. */
  setButton(pressed: boolean): Promise<void>;
  /** Held for so many milliseconds of the board's time; resolves when it is down. */
  pressButton(ms: number): Promise<void>;
  /** True is set, false is sprung. */
  setPlunger(set: boolean): Promise<void>;
  /** How much faster than ours its time runs. */
  setSpeed(speed: number): Promise<void>;
}
