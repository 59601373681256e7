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
export function createPromiseClass(deps: PromiseDeps) {
  const { realm } = deps;
  return class BoardPromise extends PromiseCore {
    constructor(executor: unknown) {
      if (typeof executor !== "function") throw realm.createError("Function required in promise constructor");
      super(deps, (resolve, reject) => void executor(resolve, reject));
    }

    static override [Symbol.hasInstance](value: unknown): boolean {
      return value instanceof PromiseCore;
    }

    static resolve(value: unknown): PromiseCore {
      return value instanceof PromiseCore ? value : new BoardPromise((resolve: Settle) => resolve(value));
    }

    static reject(reason: unknown): PromiseCore {
      return new BoardPromise((_resolve: Settle, reject: Settle) => reject(reason));
    }

    static all(items: unknown): PromiseCore {
      if (!Array.isArray(items)) throw realm.createError("Expecting something iterable", "TypeError");
      // Copied, since the arrays of a program lack most of what ours have.
      const promises = Array.from(items, (item) => BoardPromise.resolve(item));
      return new BoardPromise((resolve: Settle, reject: Settle) => collectAll(deps, promises, resolve, reject));
    }
  };
}

function collectAll({ realm }: PromiseDeps, promises: PromiseCore[], resolve: Settle, reject: Settle): void {
  const results = realm.createArray([]);
  let left = promises.length;
  if (left === 0) resolve(results);
  for (const [i, promise] of promises.entries()) {
    promise.then((value: unknown) => {
      results[i] = value;
      left -= 1;
      if (left === 0) resolve(results);
    }, reject);
  }
}

class PromiseCore {
  readonly #deps: PromiseDeps;
  #state: "pending" | "fulfilled" | "rejected" = "pending";
  #value: unknown;
  #reactions: Reaction[] = [];

  constructor(deps: PromiseDeps, executor: (resolve: Settle, reject: Settle) => void) {
    this.#deps = deps;
    let isResolved = false;
    const once = (settle: Settle) => (value: unknown) => {
      if (isResolved) return;
      isResolved = true;
      deps.loop.post(() => settle(value));
    };
    const resolve = once((value) => this.#resolve(value));
    const reject = once((value) => this.#settle("rejected", value));
    try {
      executor(resolve, reject);
    } catch (thrown) {
      reject(thrown);
    }
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  then(onFulfilled?: unknown, onRejected?: unknown): PromiseCore {
    return new PromiseCore(this.#deps, (resolve, reject) => {
      const reaction = { onFulfilled, onRejected, resolve, reject };
      if (this.#state === "pending") this.#reactions.push(reaction);
      else this.#react(reaction);
    });
  }

  catch(onRejected: unknown): PromiseCore {
    return this.then(undefined, onRejected);
  }

  #resolve(value: unknown): void {
    if (!isThenable(value)) {
      this.#settle("fulfilled", value);
      return;
    }
    const reject = (reason: unknown) => this.#settle("rejected", reason);
    try {
      value.then((inner: unknown) => this.#resolve(inner), reject);
    } catch (thrown) {
      reject(thrown);
    }
  }

  #settle(state: "fulfilled" | "rejected", value: unknown): void {
    if (this.#state !== "pending") return;
    this.#state = state;
    this.#value = value;
    const reactions = this.#reactions;
    this.#reactions = [];
    if (state === "rejected" && reactions.length === 0) {
      throw this.#deps.realm.createError(`Unhandled promise rejection: ${this.#deps.describe(value)}`);
    }
    for (const reaction of reactions) this.#react(reaction);
  }

  #react(reaction: Reaction): void {
    const isFulfilled = this.#state === "fulfilled";
    const handler = isFulfilled ? reaction.onFulfilled : reaction.onRejected;
    const passOn = isFulfilled ? reaction.resolve : reaction.reject;
    this.#deps.loop.post(() => {
      if (typeof handler !== "function") {
        passOn(this.#value);
        return;
      }
      try {
        reaction.resolve((handler as Callable)(this.#value));
      } catch (thrown) {
        reaction.reject(thrown);
      }
    });
  }
}

function isThenable(value: unknown): value is { then: Callable } {
  const isComposite = (typeof value === "object" && value !== null) || typeof value === "function";
  return isComposite && typeof (value as { then?: unknown }).then === "function";
}
