// Owns what the proof asks of something that is to survive power cuts. The engine knows no trap: it cuts, restores and asks again.
import type { Flash } from "../board/flash.ts";

/** A promise that did not hold; the message says which, in words. */
export class ProofError extends Error {
  override name = "ProofError";
}

export function expect(holds: boolean, promise: string): void {
  if (!holds) throw new ProofError(promise);
}

/** What is done to one flash and what goes on around it. Everything is decided by it: the same calls give the same operations. */
export interface Stage {
  flash: Flash;
  /** From nothing to where the operation begins, the power on. Called once. */
  prepare(): void;
  /**
   * The operation, from wherever `prepare`, `recover` or an earlier `run` has left it, to its end.
   * @throws ProofError when it does not complete, or its end is not what it should be
   */
  run(): void;
  /**
   * The power returns: boots, lets settle, judges.
   * @returns the name of the state that is found
   * @throws ProofError when a promise does not hold
   */
  recover(): string;
  /** The power goes: nothing volatile is left, nothing acts any more. */
  powerOff(): void;
  /** What outlives a power cut outside the flash (a cloud, hands, what really happened), as text that `restoreOutside` reads. */
  saveOutside(): string;
  restoreOutside(saved: string): void;
  /** Who is told what happens, for a person to read; undefined for nobody. */
  setTeller(tell: ((line: string) => void) | undefined): void;
}

export interface Scenario {
  name: string;
  /** What it is about, in a few words. */
  title: string;
  /** Every state `recover` may name. Each must have been seen in some case, else the proof has not looked where it should. */
  states: readonly string[];
  /** Cut once more at every operation of everything that follows the first cut. */
  isPaired: boolean;
  createStage(): Stage;
}
