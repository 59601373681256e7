// Owns what follows from the claim machine: requests to the cloud, credentials into flash before their first use, the console.
import { CODE_CLOUD_UNREACHABLE, CODE_NO_NETWORK, CODE_OK, CODE_STORE_FULL, RECORD_BYTES_MAX } from "#protocol";
import { type Context, drawChance, fault, intend, post, request, say } from "../context.ts";
import { clearOutbox } from "../session/outbox.ts";
import { createConfiguration } from "../session/reports.ts";
import { deleteRecord, findRecord, putRecord } from "../store/record-store.ts";
import {
  CLAIM_KEY,
  COMMAND_KEY,
  CONFIG_KEY,
  CREDENTIALS_KEY,
  EVENT_PREFIX,
  encodeCredentials,
  RELEASE_KEY,
  type StoredCredentials,
} from "../store/settings.ts";
import { applyClaim, type ClaimEffect, type ClaimInput } from "./claim.ts";
import { letGo } from "./letting-go.ts";
import { createProver } from "./proofs.ts";

const REBOOT_MS = 500;
/** How long the trap shows that claiming was refused. */
const REFUSED_MS = 3000;

export function handleClaim(c: Context, fact: ClaimInput): void {
  const identity = c.ports.identity;
  if (!identity) return;
  // Made anew each time: kept, it would cost memory between claims.
  const prover = createProver(c.ports.chip.sha256, identity.key);
  const own = { serial: identity.serial, mac: identity.mac, prover: prover };
  const outcome = applyClaim(c.claim, fact, c.ports.clock.now(), drawChance(c), own);
  c.claim = outcome.state;
  for (const effect of outcome.effects) perform(c, effect);
}

function perform(c: Context, effect: ClaimEffect): void {
  switch (effect.name) {
    case "ask":
      request(c, "claim", effect.request, {
        method: "POST",
        path: "/device/v1/" + effect.step,
        body: effect.body,
        bytesMax: RECORD_BYTES_MAX,
      });
      break;
    case "remember-claim":
      if (!putRecord(c.store, CLAIM_KEY, effect.code)) fault(c, CODE_STORE_FULL, "claim");
      break;
    case "forget-claim":
      deleteRecord(c.store, CLAIM_KEY);
      break;
    case "forget-release":
      deleteRecord(c.store, RELEASE_KEY);
      if (c.intention === "reboot") intend(c, "reboot", REBOOT_MS);
      break;
    case "take-credentials":
      takeCredentials(c, effect.credentials);
      break;
    case "let-go":
      letGo(c);
      break;
    default:
      tell(c, effect.status, effect.code);
  }
}

/**
 * Into flash first, and read back: what is used once is not given again. The same record ends the claim and, under another owner,
 * removes what was the former one's: it is none of this one's business [STORE-3].
 */
function takeCredentials(c: Context, credentials: StoredCredentials): void {
  const record = encodeCredentials(credentials);
  const isOther = !c.credentials || c.credentials.device !== credentials.device;
  const removed = isOther ? CLAIM_KEY + " " + CONFIG_KEY + " " + COMMAND_KEY + " " + EVENT_PREFIX : CLAIM_KEY;
  const isKept = putRecord(c.store, CREDENTIALS_KEY, record, removed);
  if (!isKept || findRecord(c.store, CREDENTIALS_KEY) !== record) {
    fault(c, CODE_STORE_FULL, "credentials");
    return;
  }
  if (isOther) {
    clearOutbox(c.outbox);
    c.config = createConfiguration();
    c.commands = [];
    post(c, { to: "update", fact: { name: "owner-left" } });
  }
  c.credentials = credentials;
  post(c, { to: "session", fact: { name: "credentials-changed", present: true } });
}

function tell(c: Context, status: string, code: number): void {
  const known = code === CODE_CLOUD_UNREACHABLE && c.link.name !== "joined" ? CODE_NO_NETWORK : code;
  say(c, "claim", ["status", status, "code", known]);
  if (code !== CODE_OK && !status.endsWith("-retry")) c.refusedUntil = c.ports.clock.now() + REFUSED_MS;
}
