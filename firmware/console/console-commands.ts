// Owns what a host may order over the serial console. The grammar is #protocol's; whoever holds the cable is trusted as one who holds
// the button.
import {
  CODE_BAD_FIELD,
  CODE_CLAIM_CODE_REFUSED,
  CODE_MALFORMED,
  CODE_STORE_FULL,
  CODE_UNKNOWN_COMMAND,
  normalizeClaimCode,
  parseConsoleCommand,
} from "#protocol";
import { wantClaim } from "../button/button-effects.ts";
import { resetToFactory } from "../claim/letting-go.ts";
import { type Context, fault, intend, post, refuse, say } from "../context.ts";
import { IDENTIFY_MS } from "../session/orders.ts";
import { countWaiting } from "../session/outbox.ts";
import { putRecord } from "../store/record-store.ts";
import { encodeWifi, WIFI_KEY } from "../store/settings.ts";

const REBOOT_MS = 100;
const SSID_BYTES_MAX = 32;
const PASSWORD_BYTES_MAX = 64;

export function handleConsole(c: Context, line: string): void {
  const command = parseConsoleCommand(line);
  if (!command) {
    refuse(c, CODE_MALFORMED, "console");
    return;
  }
  switch (command.name) {
    case "wifi":
      nameNetwork(c, command.fields["ssid"] ?? "", command.fields["pass"] ?? "");
      break;
    case "claim":
      claimByCode(c, command.fields["code"] ?? "");
      break;
    case "info":
      tellAll(c);
      break;
    case "identify":
      c.identifyUntil = c.ports.clock.now() + IDENTIFY_MS;
      break;
    case "reboot":
      intend(c, "reboot", REBOOT_MS);
      break;
    case "reset":
      resetToFactory(c);
      break;
    default:
      refuse(c, CODE_UNKNOWN_COMMAND, "console");
  }
}

function nameNetwork(c: Context, ssid: string, password: string): void {
  if (ssid === "" || ssid.length > SSID_BYTES_MAX || password.length > PASSWORD_BYTES_MAX) {
    refuse(c, CODE_BAD_FIELD, "wifi");
    return;
  }
  c.wifi = { ssid: ssid, password: password };
  if (!putRecord(c.store, WIFI_KEY, encodeWifi(c.wifi))) fault(c, CODE_STORE_FULL, "wifi");
  say(c, "wifi", ["ssid", ssid]);
  if (c.ports.radio.wired) return;
  post(c, { to: "portal", fact: { name: "network-told" } });
  post(c, { to: "link", fact: { name: "network-named" } });
}

function claimByCode(c: Context, typed: string): void {
  const code = typed === "" ? "" : normalizeClaimCode(typed);
  if (code === null) say(c, "claim", ["status", "code-refused", "code", CODE_CLAIM_CODE_REFUSED]);
  else wantClaim(c, code);
}

/** Everything one asks a trap on a bench. */
export function tellAll(c: Context): void {
  tellBoot(c);
  say(c, "trap", ["state", c.trap.name]);
  say(c, "link", ["state", c.link.name]);
  say(c, "session", ["state", c.session.name, "session", c.session.session]);
  post(c, { to: "portal", fact: { name: "access-asked" } });
  const owner = c.credentials;
  say(c, "claim", owner ? ["status", "owned", "tenant", owner.tenant, "device", owner.device] : ["status", "free"]);
  const memory = c.ports.chip.memory();
  const health = ["memFree", memory.free, "memTotal", memory.total, "batteryMv", c.batteryMv];
  say(c, "health", health.concat(["outbox", countWaiting(c.outbox), "refusals", c.refusals, "faults", c.faults]));
}

/** Which trap this is and what it runs. */
export function tellBoot(c: Context): void {
  say(c, "boot", ["id", c.boot, "reason", c.reason, "version", c.ports.version, "sha256", c.sha256]);
  const identity = c.ports.identity;
  if (identity) say(c, "identity", ["serial", identity.serial, "mac", identity.mac, "hardware", identity.hardware]);
}
