// Owns what follows from the link machine: the radio, and who has to know that there is a network or none.
import { type Context, drawChance, enter, post, say } from "../context.ts";
import { applyLink, type LinkEffect, type LinkInput } from "./link.ts";

export function handleLink(c: Context, fact: LinkInput): void {
  const before = c.link.name;
  const outcome = applyLink(c.link, fact, c.ports.clock.now(), drawChance(c));
  c.link = outcome.state;
  if (c.link.name !== before) {
    const error = fact.name === "join-ended" ? fact.error : "";
    say(c, "link", error === "" ? ["state", c.link.name] : ["state", c.link.name, "error", error]);
  }
  for (const effect of outcome.effects) perform(c, effect);
  const up = c.link.name === "joined";
  if (c.link.name !== before) post(c, { to: "portal", fact: { name: "look" } });
  if (up === (before === "joined")) return;
  post(c, { to: "session", fact: { name: "link-changed", up: up } });
  if (up) post(c, { to: "claim", fact: { name: "network-joined" } });
}

function perform(c: Context, effect: LinkEffect): void {
  if (effect.name === "leave" || !c.wifi) {
    c.ports.radio.leave();
    return;
  }
  const attempt = effect.attempt;
  try {
    c.ports.radio.join(c.wifi.ssid, c.wifi.password, function (error: string): void {
      enter(c, { to: "link", fact: { name: "join-ended", attempt: attempt, error: error } });
    });
  } catch (_refused) {
    post(c, { to: "link", fact: { name: "join-ended", attempt: attempt, error: "refused" } });
  }
}
