// Owns Promise as the interpreter has it (then, catch, resolve, reject, all): reactions run as tasks of the event loop, after whatever
// is queued before them, and a rejection that nobody handles at that moment is an uncaught error. The engine's own promises are hidden,
// since they would run on the host's time, and their unhandled rejections would end the host.
import type { EventLoop } from "./event-loop.ts";
import type { Callable, Realm } from "./realm.ts";

type Settle = (value: unknown) => void;

interface Reaction {
  onFulfilled: unknown;
  onRejected: unknown;
  resolve: Settle;
  reject: Settle;
}

export interface PromiseDeps {
  realm: Realm;
  loop: EventLoop;
  /** As the interpreter's console shows a value. */
  describe(value: unknown): string;
}

/** The class to put into the realm as Promise. */
export function createPromiseClass({ realm, loop, describe }: PromiseDeps) {
  return class BoardPromise {
    #state: "pending" | "fulfilled" | "rejected" = "pending";
    #value: unknown;
    #reactions: Reaction[] = [];

    constructor(executor: unknown) {
      if (typeof executor !== "function") throw realm.createError("Function required in promise constructor");
      let isResolved = false;
      const once = (settle: Settle) => (value: unknown) => {
        if (isResolved) return;
        isResolved = true;
        loop.post(() => settle(value));
      };
      const reject = once((value) => this.#settle("rejected", value));
      try {
        executor(
          once((value) => this.#resolve(value)),
          reject,
        );
      } catch (thrown) {
        reject(thrown);
      }
    }

    // biome-ignore lint/suspicious/noThenProperty: it is a promise
    then(onFulfilled?: unknown, onRejected?: unknown): BoardPromise {
      return new BoardPromise((resolve: Settle, reject: Settle) => {
        const reaction = { onFulfilled, onRejected, resolve, reject };
        if (this.#state === "pending") this.#reactions.push(reaction);
        else this.#react(reaction);
      });
    }

    catch(onRejected: unknown): BoardPromise {
      return this.then(undefined, onRejected);
    }

    static resolve(value: unknown): BoardPromise {
      return value instanceof BoardPromise ? value : new BoardPromise((resolve: Settle) => resolve(value));
    }

    static reject(reason: unknown): BoardPromise {
      return new BoardPromise((_resolve: Settle, reject: Settle) => reject(reason));
    }

    static all(items: unknown): BoardPromise {
      if (!Array.isArray(items)) throw realm.createError("Expecting something iterable", "TypeError");
      return new BoardPromise((resolve: Settle, reject: Settle) => {
        const results = realm.createArray([...items]);
        let left = items.length;
        if (left === 0) resolve(results);
        items.forEach((item, i) => {
          BoardPromise.resolve(item).then((value: unknown) => {
            results[i] = value;
            left -= 1;
            if (left === 0) resolve(results);
          }, reject);
        });
      });
    }

    #resolve(value: unknown): void {
      const then = isThenable(value) ? value.then : undefined;
      if (then === undefined) {
        this.#settle("fulfilled", value);
        return;
      }
      try {
        then.call(
          value,
          (inner: unknown) => this.#resolve(inner),
          (reason: unknown) => this.#settle("rejected", reason),
        );
      } catch (thrown) {
        this.#settle("rejected", thrown);
      }
    }

    #settle(state: "fulfilled" | "rejected", value: unknown): void {
      if (this.#state !== "pending") return;
      this.#state = state;
      this.#value = value;
      const reactions = this.#reactions;
      this.#reactions = [];
      if (state === "rejected" && reactions.length === 0) {
        throw realm.createError(`Unhandled promise rejection: ${describe(value)}`);
      }
      for (const reaction of reactions) this.#react(reaction);
    }

    #react(reaction: Reaction): void {
      const handler = this.#state === "fulfilled" ? reaction.onFulfilled : reaction.onRejected;
      loop.post(() => {
        if (typeof handler !== "function") {
          return this.#state === "fulfilled" ? reaction.resolve(this.#value) : reaction.reject(this.#value);
        }
        try {
          reaction.resolve((handler as Callable)(this.#value));
        } catch (thrown) {
          reaction.reject(thrown);
        }
      });
    }
  };
}

function isThenable(value: unknown): value is { then: Callable } {
  const isComposite = (typeof value === "object" && value !== null) || typeof value === "function";
  return isComposite && typeof (value as { then?: unknown }).then === "function";
}
