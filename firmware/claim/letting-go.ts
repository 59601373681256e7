// Owns the ends of an ownership: let go by the owner, or reset by whoever holds the trap. What is the owner's is erased; the counter of
// boots and, until the cloud has heard of a reset, the note of it are not.
import { CODE_STORE_FULL } from "#protocol";
import { type Context, fault, intend, post, say } from "../context.ts";
import { clearOutbox } from "../session/outbox.ts";
import { createConfiguration } from "../session/reports.ts";
import { deleteRecord, putRecord } from "../store/record-store.ts";
import {
  ALARM_KEY,
  CLAIM_KEY,
  COMMAND_KEY,
  CONFIG_KEY,
  CREDENTIALS_KEY,
  EVENT_PREFIX,
  LATCH_KEY,
  RELEASE_KEY,
  WIFI_KEY,
} from "../store/settings.ts";

/** So long a reset waits for the cloud to hear of it; the note in flash outlasts that. */
export const RESET_TOLD_MS = 10000;
const RESET_UNTOLD_MS = 1000;

/**
 * The trap is nobody's any more. It stays on its network, ready to be claimed.
 * @param isReset what somebody set up or did here goes as well, and the cloud is to be told. One record notes that and removes all else
 *   [STORE-3]: no power cut leaves a trap that is the owner's in the cloud and nobody's here, or half reset
 */
export function letGo(c: Context, isReset = false): void {
  let keys = CREDENTIALS_KEY + " " + CONFIG_KEY + " " + CLAIM_KEY + " " + COMMAND_KEY + " " + EVENT_PREFIX;
  if (isReset) keys += " " + WIFI_KEY + " " + LATCH_KEY + " " + ALARM_KEY;
  const isNoted = isReset && c.ports.identity !== null;
  const isErased = isNoted ? putRecord(c.store, RELEASE_KEY, "1", keys) : deleteRecord(c.store, keys);
  if (!isErased) fault(c, CODE_STORE_FULL, "erase");
  clearOutbox(c.outbox);
  c.credentials = null;
  c.config = createConfiguration();
  c.commands = [];
  post(c, { to: "session", fact: { name: "credentials-changed", present: false } });
  post(c, { to: "update", fact: { name: "owner-left" } });
  say(c, "claim", ["status", "released", "code", 0]);
}

/** Erase everything of the owner's, tell the cloud if it can be told now, start afresh. */
export function resetToFactory(c: Context): void {
  letGo(c, true);
  c.wifi = null;
  say(c, "reset", ["told", false]);
  if (c.ports.identity) post(c, { to: "claim", fact: { name: "reset-happened" } });
  intend(c, "reboot", c.ports.identity && c.link.name === "joined" ? RESET_TOLD_MS : RESET_UNTOLD_MS);
}
