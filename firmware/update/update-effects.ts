// Owns what follows from the update machine: chunks over HTTP, bytes into the other slot, progress to the cloud, and the boot at the end.
import { encodeUpdateProgress } from "#protocol";
import { type Context, drawChance, enter, intend, post, publish, say } from "../context.ts";
import type { HttpAnswer } from "../ports.ts";
import { applyUpdate, type UpdateEffect, type UpdateInput } from "./update.ts";
import { decideRelease } from "./verify.ts";

const REQUEST_TIMEOUT_MS = 10000;
/** Time for the last word to get out. */
const REBOOT_MS = 1000;

export function handleUpdate(c: Context, fact: UpdateInput): void {
  const outcome = applyUpdate(c.update, fact, c.ports.clock.now(), drawChance(c));
  c.update = outcome.state;
  for (const effect of outcome.effects) perform(c, effect);
}

function perform(c: Context, effect: UpdateEffect): void {
  const slots = c.ports.slots;
  switch (effect.name) {
    case "prepare-slot":
      post(c, { to: "update", fact: { name: "slot-prepared", ok: slots.begin(effect.size) } });
      break;
    case "fetch-chunk":
      fetchChunk(c, effect.request, effect.firmware, effect.chunk, effect.bytesMax);
      break;
    case "write-chunk":
      slots.write(effect.offset, effect.data);
      break;
    case "check-slot": {
      const sha256 = slots.storedSha256();
      const code = decideRelease(effect.offer);
      post(c, { to: "update", fact: { name: "slot-checked", sha256: sha256, code: code } });
      break;
    }
    case "activate-slot":
      // Decided before, so that it happens whatever the slot has to say: the boot tells the truth.
      intend(c, "reboot", REBOOT_MS);
      slots.activate();
      break;
    default:
      say(c, "update", ["phase", effect.phase, "code", effect.code, "received", effect.received]);
      publish(c, "update", encodeUpdateProgress(effect));
  }
}

function fetchChunk(c: Context, request: number, firmware: string, chunk: number, bytesMax: number): void {
  const identity = c.ports.identity;
  if (!identity || c.link.name !== "joined") {
    post(c, { to: "update", fact: { name: "chunk-came", request: request, status: 0, body: "" } });
    return;
  }
  const question = {
    host: identity.host,
    port: identity.port,
    method: "GET" as const,
    path: "/device/v1/firmware/" + firmware + "/chunks/" + chunk,
    body: "",
    bytesMax: bytesMax,
    timeoutMs: REQUEST_TIMEOUT_MS,
  };
  c.ports.network.request(question, function (answer: HttpAnswer): void {
    const fact = { name: "chunk-came" as const, request: request, status: answer.status, body: answer.body };
    enter(c, { to: "update", fact: fact });
  });
}
