// Owns what follows from the update machine: chunks over HTTP, bytes into the other slot, progress to the cloud, and the boot at the end.
import { encodeUpdateProgress } from "#protocol";
import { type Context, drawChance, intend, post, publish, request, say } from "../context.ts";
import { applyUpdate, type UpdateEffect, type UpdateInput } from "./update.ts";
import { decideRelease } from "./verify.ts";

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
      request(c, "update", effect.request, {
        method: "GET",
        path: "/device/v1/firmware/" + effect.firmware + "/chunks/" + effect.chunk,
        body: "",
        bytesMax: effect.bytesMax,
      });
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
