// Owns what follows from a press: each effect becomes a past fact for the room it concerns.
import { CODE_NO_IDENTITY } from "#protocol";
import { resetToFactory } from "../claim/letting-go.ts";
import { type Context, fault, post, say } from "../context.ts";
import { applyButton, type ButtonInput } from "./button.ts";

export function handleButton(c: Context, fact: ButtonInput): void {
  const outcome = applyButton(c.button, fact, c.ports.clock.now());
  c.button = outcome.state;
  for (const effect of outcome.effects) {
    say(c, "button", ["press", effect.name]);
    switch (effect.name) {
      case "silence-and-rearm":
        post(c, { to: "trap", fact: { name: "button-pressed" } });
        break;
      case "open-claiming":
        wantClaim(c, "");
        post(c, { to: "portal", fact: { name: "button-pressed" } });
        break;
      default:
        resetToFactory(c);
    }
  }
}

/** @param code a claim code, or empty: open a window. */
export function wantClaim(c: Context, code: string): void {
  if (c.ports.identity) post(c, { to: "claim", fact: { name: "claim-wanted", code: code, announced: false } });
  else fault(c, CODE_NO_IDENTITY, "identity");
}
