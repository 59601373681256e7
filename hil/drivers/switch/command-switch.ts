// Owns switching by any program of the bench's own: status 0 is done, everything else is told with the end of what it said.
import type { SwitchResource } from "../../resources/bench.ts";
import { type ProgramOptions, printEnd, runProgram } from "../run-program.ts";
import type { Switch } from "./switch.ts";
import { createSwitchError } from "./switch-error.ts";

export function createCommandSwitch(
  resource: Extract<SwitchResource, { kind: "command" }>,
  tools: Pick<ProgramOptions, "clock" | "environment">,
): Switch {
  const name = `the command ${resource.on[0]}`;
  return {
    name,
    async set(on) {
      const argv = on ? resource.on : resource.off;
      const end = await runProgram(argv, { ...tools, timeoutMs: resource.timeoutMs });
      if (end.kind === "exited" && end.status === 0) return;
      const next = end.kind === "missing" ? "mend its path in the bench file." : "run it by hand and mend it.";
      throw createSwitchError({ name, on, tried: argv.join(" "), cameBack: printEnd(end), next });
    },
    async close() {
      // Nothing is open between two orders.
    },
  };
}
