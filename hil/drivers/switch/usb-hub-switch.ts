// Owns USB hubs that can cut the power of one socket, through the program uhubctl. What the hub says afterwards is read: many hubs take the
// order and leave the power on.
import type { SwitchResource } from "../../resources/bench.ts";
import { type ProgramOptions, printEnd, runProgram } from "../run-program.ts";
import type { Switch } from "./switch.ts";
import { createSwitchError } from "./switch-error.ts";

const TIMEOUT_MS = 15_000;

export function createUsbHubSwitch(
  resource: Extract<SwitchResource, { kind: "usb-hub" }>,
  tools: Pick<ProgramOptions, "clock" | "environment">,
): Switch {
  const name = `socket ${resource.port} of USB hub ${resource.location}`;
  return {
    name,
    async set(on) {
      const argv = ["uhubctl", "-l", resource.location, "-p", String(resource.port), "-a", on ? "on" : "off"];
      const end = await runProgram(argv, { ...tools, timeoutMs: TIMEOUT_MS });
      const tell = (cameBack: string, next: string) =>
        createSwitchError({ name, on, tried: argv.join(" "), cameBack, next });
      if (end.kind === "missing") throw tell(end.reason, "install it: Debian's package is called uhubctl.");
      if (end.kind !== "exited" || end.status !== 0) throw tell(printEnd(end), adviseOn(end.output));
      const state = readPortState(end.output, resource.port);
      if (state === on) return;
      const cameBack = state === undefined ? printEnd(end) : `the socket is still ${state ? "on" : "off"}`;
      throw tell(cameBack, "take a hub that switches each socket; uhubctl without arguments lists those that can.");
    },
    async close() {
      // Nothing is open between two orders.
    },
  };
}

function adviseOn(output: string): string {
  if (/permission/i.test(output))
    return "give your user rights on the hub by a udev rule, as uhubctl's manual page tells.";
  if (/no compatible/i.test(output))
    return "uhubctl without arguments lists the hubs that can switch, with their places.";
  return "run the command by hand.";
}

/** What the last word on this socket says: powered or not; undefined where there is none. */
export function readPortState(output: string, port: number): boolean | undefined {
  const [, ...after] = output.split(/^New status for hub/m);
  const lines = (after.at(-1) ?? "").split("\n").filter((line) => new RegExp(`^\\s*Port ${port}:`).test(line));
  const last = lines.at(-1);
  if (last === undefined) return undefined;
  return /\bpower\b/.test(last) && !/\boff\b/.test(last);
}
