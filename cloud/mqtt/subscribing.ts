// Owns what a device may subscribe to: its own topics, by name. One foreign filter refuses the whole SUBSCRIBE, so that nothing of a
// mixed one is ever in force [TENANT-1].
import { downTopics } from "#protocol";
import type { Connection } from "./connections.ts";
import type { Refusals } from "./refusals.ts";

export interface Subscribing {
  /** `answer` is called once, after every filter that came with this one is known. */
  ask(connection: Connection, filter: string, answer: (isGranted: boolean) => void): void;
}

interface Asked {
  filter: string;
  answer(isGranted: boolean): void;
}

export function createSubscribing(refusals: Refusals): Subscribing {
  const asked = new WeakMap<Connection, Asked[]>();

  function decide(connection: Connection, together: Asked[]): void {
    asked.delete(connection);
    const { device, state } = connection;
    const own = device === null || state !== "open" ? [] : downTopics(device.tenantId, device.deviceId);
    const isGranted = together.every(({ filter }) => own.includes(filter));
    if (!isGranted) refusals.count("foreign-filter", { tenantId: device?.tenantId, deviceId: device?.deviceId });
    for (const one of together) {
      if (isGranted) connection.filters.add(one.filter);
      one.answer(isGranted);
    }
  }

  return {
    ask(connection, filter, answer) {
      const together = asked.get(connection);
      if (together !== undefined) {
        together.push({ filter, answer });
        return;
      }
      // aedes asks for the filters of one packet one by one, in one go: when this turn has ended, all are known.
      const first: Asked[] = [{ filter, answer }];
      asked.set(connection, first);
      queueMicrotask(() => decide(connection, first));
    },
  };
}
