// Owns USB relay boards of the LCUS kind: four bytes each, A0, the relay, 1 or 0, and their sum. They answer nothing. The relays of one board
// share its port, so the port is opened for the moment alone, one after the other.
import { type Clock, pause } from "../../clock.ts";
import type { PortResource, SwitchResource } from "../../resources/bench.ts";
import { formatPort } from "../port/parse-port.ts";
import type { Port } from "../port/port.ts";
import type { Switch } from "./switch.ts";
import { createSwitchError, toReason } from "./switch-error.ts";

export type OpenPort = (resource: PortResource) => Promise<Port>;

const RELAY_BAUD = 9_600;
/** Time for the last byte to leave the adapter before the port is closed behind it, and for the contact to follow. */
const SETTLE_MS = 100;
/** Somebody else may be switching another relay of the same board. */
const BUSY_TRIES = 10;
const BUSY_PAUSE_MS = 300;

export interface RelayTools {
  clock: Clock;
  openPort: OpenPort;
  /** Runs one after the other what is given under the same key. */
  queue: <T>(key: string, run: () => Promise<T>) => Promise<T>;
}

/** The bytes that switch `channel`, from 1. */
export function encodeRelay(channel: number, on: boolean): Uint8Array {
  const bytes = [0xa0, channel, on ? 1 : 0];
  return Uint8Array.from([...bytes, bytes.reduce((sum, byte) => sum + byte, 0) & 0xff]);
}

export function createRelaySwitch(resource: Extract<SwitchResource, { kind: "relay" }>, tools: RelayTools): Switch {
  const address = formatPort(resource.port);
  const name = `relay ${resource.channel} of ${address}`;
  return {
    name,
    set: (on) =>
      tools.queue(address, async () => {
        const bytes = encodeRelay(resource.channel, on);
        try {
          await send(resource.port, bytes, tools);
        } catch (thrown) {
          const tried = `the bytes ${Buffer.from(bytes).toString("hex")} at ${RELAY_BAUD} baud`;
          const next = "see that the relay board is plugged in and that this port is its own: `hil doctor`.";
          throw createSwitchError({ name, on, tried, cameBack: toReason(thrown), next }, thrown);
        }
      }),
    async close() {
      // Its port is closed after each use.
    },
  };
}

async function send(resource: PortResource, bytes: Uint8Array, tools: RelayTools): Promise<void> {
  const port = await openPatiently(resource, tools);
  try {
    await port.setBaudRate(RELAY_BAUD);
    await port.write(bytes);
    await pause(tools.clock, SETTLE_MS);
  } finally {
    await port.close();
  }
}

async function openPatiently(resource: PortResource, { openPort, clock }: RelayTools): Promise<Port> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await openPort(resource);
    } catch (thrown) {
      const isBusy = thrown instanceof Error && /cannot lock|busy|in use/i.test(thrown.message);
      if (!isBusy || tries === BUSY_TRIES) throw thrown;
    }
    await pause(clock, BUSY_PAUSE_MS);
  }
}
