// Owns the choice of a switch by what the bench file says, and the order in which switches that share a port use it.
import type { Clock } from "../../clock.ts";
import type { SwitchResource } from "../../resources/bench.ts";
import type { Port } from "../port/port.ts";
import type { Environment } from "../run-program.ts";
import { createCommandSwitch } from "./command-switch.ts";
import { createHttpSwitch } from "./http-switch.ts";
import { createLinesSwitch } from "./lines-switch.ts";
import { createMqttSwitch } from "./mqtt-switch.ts";
import { createRelaySwitch, type OpenPort } from "./relay-switch.ts";
import type { Switch } from "./switch.ts";
import { createSwitchError } from "./switch-error.ts";
import { createUsbHubSwitch } from "./usb-hub-switch.ts";

export interface SwitchTools {
  clock: Clock;
  openPort: OpenPort;
  /** For secrets that are named by variable, and for the programs that are run. */
  environment: Environment;
}

export interface Switches {
  /** Opens nothing yet: what is wrong shows at the first `set`. `port` is the board's own, for `lines`; it stays the caller's. */
  open(resource: SwitchResource, port?: Port): Switch;
}

/** One for all switches of a bench. */
export function createSwitches(tools: SwitchTools): Switches {
  const last = new Map<string, Promise<unknown>>();

  function queue<T>(key: string, run: () => Promise<T>): Promise<T> {
    const turn = (last.get(key) ?? Promise.resolve()).then(run, run);
    last.set(key, turn);
    return turn;
  }

  return {
    open(resource, port) {
      switch (resource.kind) {
        case "lines":
          return port === undefined ? createNoLines() : createLinesSwitch(port);
        case "relay":
          return createRelaySwitch(resource, { ...tools, queue });
        case "usb-hub":
          return createUsbHubSwitch(resource, tools);
        case "mqtt":
          return createMqttSwitch(resource, tools);
        case "http":
          return createHttpSwitch(resource, tools.clock);
        case "command":
          return createCommandSwitch(resource, tools);
      }
    },
  };
}

/** Of something without a port of its own, as an access point. */
function createNoLines(): Switch {
  const name = "a switch by lines";
  return {
    name,
    async set(on) {
      const next = "name another power in the bench file.";
      throw createSwitchError({
        name,
        on,
        tried: "nothing",
        cameBack: "there is no port whose lines could be set",
        next,
      });
    },
    async close() {
      // Nothing was opened.
    },
  };
}
