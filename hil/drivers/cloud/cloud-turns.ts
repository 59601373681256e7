// Owns who may take the cloud away from under the boards that share it. Suites use it side by side; one that must restart it waits until
// every other is between two suites or waits for the same, and one restart then serves all who wait. Without this, eight boards would wait
// for eight restarts, or see the fault that another was given [BENCH-64].

export interface CloudTurns {
  /** A suite begins; waits while a restart is due. @throws the signal's reason; then it has not entered */
  enter(signal?: AbortSignal): Promise<void>;
  leave(): void;
  /**
   * Called by one that has entered: `act` is carried out once for all who wait for the same `what`, when nobody else is in.
   * @throws what `act` throws, to all of them; the signal's reason, and then it waits for nothing any more
   */
  share(what: string, act: () => Promise<void>, signal?: AbortSignal): Promise<void>;
}

interface Shared {
  what: string;
  act: () => Promise<void>;
  settle: Waiter[];
}

interface Waiter {
  resolve: () => void;
  reject: (error: unknown) => void;
}

export function createCloudTurns(): CloudTurns {
  /** Boards in a suite, those that wait for a restart included. */
  let inside = 0;
  let shared: Shared[] = [];
  let isActing = false;
  let atDoor: Waiter[] = [];

  const waiting = (): number => shared.reduce((sum, one) => sum + one.settle.length, 0);

  async function actIfAlone(): Promise<void> {
    if (isActing || shared.length === 0 || waiting() < inside) return;
    isActing = true;
    const [next, ...others] = shared;
    shared = others;
    try {
      await next?.act();
      for (const { resolve } of next?.settle ?? []) resolve();
    } catch (error) {
      for (const { reject } of next?.settle ?? []) reject(error);
    }
    isActing = false;
    openDoor();
    await actIfAlone();
  }

  function openDoor(): void {
    if (shared.length > 0 || isActing) return;
    const all = atDoor;
    atDoor = [];
    for (const { resolve } of all) resolve();
  }

  function joinShared(what: string, act: () => Promise<void>, waiter: Waiter): () => void {
    const found = shared.find((one) => one.what === what) ?? { what, act, settle: [] };
    if (!shared.includes(found)) shared.push(found);
    found.settle.push(waiter);
    return () => {
      found.settle = found.settle.filter((one) => one !== waiter);
      shared = shared.filter((one) => one.settle.length > 0);
      openDoor();
    };
  }

  return {
    async enter(signal) {
      if (shared.length > 0 || isActing) {
        await waitAs((waiter) => {
          atDoor.push(waiter);
          return () => {
            atDoor = atDoor.filter((one) => one !== waiter);
          };
        }, signal);
      }
      inside += 1;
    },
    leave() {
      inside -= 1;
      void actIfAlone();
    },
    async share(what, act, signal) {
      const done = waitAs((waiter) => joinShared(what, act, waiter), signal);
      void actIfAlone();
      await done;
    },
  };
}

/** Whoever has given up is forgotten: a restart that nobody waits for any more would hit those who are in. */
function waitAs(join: (waiter: Waiter) => () => void, signal: AbortSignal | undefined): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const waiter = { resolve, reject };
    const forget = join(waiter);
    signal?.addEventListener("abort", () => {
      forget();
      reject(signal.reason);
    });
  });
}
