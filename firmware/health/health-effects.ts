// Owns what follows from the verdict: the watchdog is kicked, or the trap starts anew and tells why. The reason is one small record,
// written before the new start and forgotten when the cloud has heard it.
import { CODE_STORE_FULL, RESET_SOFTWARE, RESET_UNKNOWN } from "#protocol";
import { type Context, fault, intend, post, say } from "../context.ts";
import { deleteRecord, findRecord, putRecord } from "../store/record-store.ts";
import { RESTART_KEY } from "../store/settings.ts";
import { decideHealth, STRIKES_MAX } from "./health.ts";

/** For the console to say so. */
const RESTART_MS = 100;

/** Why this boot: as the trap noted it if it was its own doing, else as the chip knows. */
export function findReason(c: Context): void {
  const note = (findRecord(c.store, RESTART_KEY) ?? "0 0").split(" ");
  const noted = parseInt("" + note[0], 10);
  const strikes = parseInt("" + note[1], 10);
  const known = c.ports.chip.resetReason();
  c.strikes = strikes > 0 && strikes <= STRIKES_MAX ? strikes : 0;
  c.reason = noted > 0 && (known === RESET_SOFTWARE || known === RESET_UNKNOWN) ? noted : known;
}

/** Part of the chores. */
export function watchHealth(c: Context): void {
  const chip = c.ports.chip;
  const troubles = chip.troubles();
  const signs = {
    lostHandler: troubles.lostHandler,
    outOfMemory: troubles.outOfMemory,
    freeVariables: chip.memory().free,
    missedEdge: c.ports.pins.isPlungerSet() !== c.trap.set,
    isOffline: c.session.name !== "online" && c.credentials !== null && (c.wifi !== null || c.ports.radio.wired),
    hasNetwork: c.link.name === "joined",
  };
  const decided = decideHealth(c.health, signs, c.strikes, c.ports.clock.now());
  c.health = decided.health;
  if (decided.doubts && !c.ports.radio.wired) post(c, { to: "link", fact: { name: "network-doubted" } });
  if (decided.reason === 0) {
    chip.kick();
    return;
  }
  if (c.intention === "reboot") return;
  const strikes = Math.min(c.strikes + 1, STRIKES_MAX);
  if (!putRecord(c.store, RESTART_KEY, decided.reason + " " + strikes)) fault(c, CODE_STORE_FULL, "restart");
  say(c, "restart", ["reason", decided.reason, "strikes", strikes]);
  intend(c, "reboot", RESTART_MS);
}

/** The cloud has been reached, and has been told. */
export function forgetRestart(c: Context): void {
  if (c.strikes === 0) return;
  c.strikes = 0;
  if (!deleteRecord(c.store, RESTART_KEY)) fault(c, CODE_STORE_FULL, "restart");
}
