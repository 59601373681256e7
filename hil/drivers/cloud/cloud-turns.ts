// Owns who may take the cloud away from under the boards that share it. Suites use it side by side; one that must restart it waits until
// every other is between two suites or waits for the same, and one restart then serves all who wait. Without this, eight boards would wait
// for eight restarts, or see the fault that another was given [BENCH-64].

export interface CloudTurns {
  /** A suite begins; waits while a restart is due. */
  enter(): Promise<void>;
  leave(): void;
  /**
   * Called by one that has entered: `act` is carried out once for all who wait for the same `what`, when nobody else is in.
   * @throws what `act` throws, to all of them
   */
  share(what: string, act: () => Promise<void>): Promise<void>;
}

interface Shared {
  what: string;
  act: () => Promise<void>;
  settle: { resolve: () => void; reject: (error: unknown) => void }[];
}

export function createCloudTurns(): CloudTurns {
  /** Boards in a suite, those that wait for a restart included. */
  let inside = 0;
  let shared: Shared[] = [];
  let isActing = false;
  let atDoor: (() => void)[] = [];

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
    for (const enter of all) enter();
  }

  return {
    async enter() {
      if (shared.length > 0 || isActing) await new Promise<void>((resolve) => atDoor.push(resolve));
      inside += 1;
    },
    leave() {
      inside -= 1;
      void actIfAlone();
    },
    share(what, act) {
      return new Promise<void>((resolve, reject) => {
        const same = shared.find((one) => one.what === what);
        if (same === undefined) shared.push({ what, act, settle: [{ resolve, reject }] });
        else same.settle.push({ resolve, reject });
        void actIfAlone();
      });
    },
  };
}
