// Owns what is typed when the console is locked, as that of a trap for sale is: whether it is, the trap says only when something is typed. An
// order that met the lock is typed again behind the password.
// States: `open` (as far as is known), `opening` (the password was typed, its answer is awaited), `shut` (there is no right password).

import { isResetLine } from "./console-text.ts";
import { consolePassword } from "./order-text.ts";

export interface ConsoleLock {
  /** Resolves when it is typed. */
  order(typed: string, shown: string): Promise<void>;
  hear(text: string): void;
}

export interface LockOptions {
  type(text: string): Promise<void>;
  key(): string | undefined;
  /** What is typed, as it may be shown. */
  tell(text: string): void;
}

/** Orders that might have met the lock; older ones have been answered, or nobody waits for them any more. */
const ORDERS_KEPT = 8;

export function createLock({ type, key, tell }: LockOptions): ConsoleLock {
  let state: "open" | "opening" | "shut" = "open";
  let unanswered: string[] = [];
  /** Refusals on their way that belong to orders already known to be refused. */
  let refusalsLeft = 0;

  function meetLock(): void {
    if (refusalsLeft > 0) refusalsLeft -= 1;
    else if (state === "opening") shut("the console's password is not that of the key this trap was flashed with");
    else if (state === "open" && unanswered.length > 0) open(key());
  }

  function open(known: string | undefined): void {
    if (!known) {
      shut("the console is locked, and the key of this trap is not known here");
      return;
    }
    state = "opening";
    refusalsLeft = unanswered.length - 1;
    tell("(the console's password)");
    // A port that is gone tells of itself.
    type([`${consolePassword(known)}\n`, ...unanswered].join("")).catch(() => undefined);
  }

  function shut(reason: string): void {
    state = "shut";
    unanswered = [];
    tell(`(${reason}: orders are not heard)`);
  }

  return {
    async order(typed, shown) {
      if (state !== "shut") unanswered = [...unanswered, typed].slice(-ORDERS_KEPT);
      tell(shown);
      await type(typed);
    },
    hear(text) {
      if (text.includes("Password incorrect!")) meetLock();
      else if (text.includes("Password OK!") || isResetLine(text)) {
        state = "open";
        refusalsLeft = 0;
        unanswered = [];
      }
    },
  };
}
