// Owns plugs that are asked by HTTP: Tasmota, Shelly, the controls of a virtual board. Tasmota answers 200 to what it did not understand, so
// its words are read too.
import type { Clock } from "../../clock.ts";
import type { HttpRequestResource, SwitchResource } from "../../resources/bench.ts";
import { bound } from "../bounded.ts";
import type { Switch } from "./switch.ts";
import { createSwitchError, toReason } from "./switch-error.ts";

const TIMEOUT_MS = 10_000;
const SHOWN_CHARS = 200;

export function createHttpSwitch(resource: Extract<SwitchResource, { kind: "http" }>, clock: Clock): Switch {
  const name = `the plug at ${new URL(resource.on.url).host}`;
  return {
    name,
    async set(on) {
      const request = on ? resource.on : resource.off;
      const tried = `${request.method} ${request.url}`;
      const tell = (cameBack: string, cause?: unknown) =>
        createSwitchError({ name, on, tried, cameBack, next: "try the address in a browser on this machine." }, cause);
      const { status, text } = await ask(request, clock).catch((thrown: unknown) => {
        throw tell(toReason(thrown), thrown);
      });
      const shown = text.slice(0, SHOWN_CHARS).trim();
      if (status < 200 || status > 299) throw tell(`status ${status}${shown === "" ? "" : `: ${shown}`}`);
      if (isRefusal(text)) throw tell(shown);
    },
    async close() {
      // Nothing is open between two orders.
    },
  };
}

async function ask(request: HttpRequestResource, clock: Clock): Promise<{ status: number; text: string }> {
  const controller = new AbortController();
  const hasBody = request.body !== undefined;
  const answer = fetch(request.url, {
    method: request.method,
    headers: { connection: "close", ...(hasBody && { "content-type": "application/json" }) },
    ...(hasBody && { body: JSON.stringify(request.body) }),
    signal: controller.signal,
  }).then(async (response) => ({ status: response.status, text: await response.text() }));
  return await bound(clock, TIMEOUT_MS, answer, () => {
    controller.abort();
    return new Error(`no answer within ${TIMEOUT_MS / 1000} s`);
  });
}

function isRefusal(text: string): boolean {
  return /"Command"\s*:\s*"(Unknown|Error)"/.test(text) || /"WARNING"\s*:\s*"Need user/.test(text);
}
