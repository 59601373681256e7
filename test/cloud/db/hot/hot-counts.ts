// Owns how much lies in the big database, and which of its tenants and traps are worth asking for.
import type { DeviceScope } from "../../../../cloud/mqtt/device-door.ts";
import { hotId } from "./hot-ids.ts";

export const TENANTS = 500;
/** Of the first tenant; the others share the rest, the later ones more: from one trap to some 380. */
export const BIG_TENANT_TRAPS = 5_000;
export const TRAPS = 100_000;
/** Registered by the factory, and nobody's yet; their numbers follow those of the traps. */
export const UNCLAIMED = 12_000;
export const MONTHS = 12;
/** Fifty of each trap, and some more of one that never stops. */
export const EVENTS_PER_TRAP = 50;
export const CHATTER_EVENTS = 50_000;
export const CHATTER_SESSIONS = 20_000;
export const EVENTS = TRAPS * EVENTS_PER_TRAP + CHATTER_EVENTS;
export const ALERTS_PER_TRAP = 2;
export const USERS = 20_000;
export const LOGIN_SESSIONS = 60_000;
export const CLAIM_CODES = 20_000;
export const FIRMWARE_PER_TENANT = 24;
/** The boot that runs now, of every trap. */
export const LAST_BOOT = 4;

export interface HotTenant {
  tenantId: string;
  /** The first owner of it. */
  userId: string;
  /** The token of a session of theirs. */
  token: string;
}

/** The tenant of this number. */
export function tenantAt(number: number): HotTenant {
  return { tenantId: hotId("tenant", number), userId: hotId("user", number), token: `${SESSION_WORD}-${number}` };
}

/** A token of a person is this and their number. */
export const SESSION_WORD = "the-session-of-person";
/** With 5,000 traps, and with one. */
export const BIG = tenantAt(1);
export const SMALL = tenantAt(2);
/** The trap with the many events and sessions: the last one, so that what is many of it comes last in the order of keys as well. */
export const CHATTERBOX = TRAPS;

/** Whose the trap of this number is, as an expression of SQL: the number of its tenant. */
export function sqlTenantOf(trap: string): string {
  const rest = `(${trap} - ${BIG_TENANT_TRAPS + 1}) / ${TRAPS - BIG_TENANT_TRAPS}.0::float8`;
  return `CASE WHEN ${trap} <= ${BIG_TENANT_TRAPS} THEN 1 ELSE 2 + floor(${TENANTS - 1} * sqrt(${rest}))::int END`;
}

/** What the trap of this number has at the broker. */
export function scopeOf(trap: number): DeviceScope {
  const rest = (trap - BIG_TENANT_TRAPS - 1) / (TRAPS - BIG_TENANT_TRAPS);
  const tenant = trap <= BIG_TENANT_TRAPS ? 1 : 2 + Math.floor((TENANTS - 1) * Math.sqrt(rest));
  return { tenantId: hotId("tenant", tenant), deviceId: hotId("trap", trap), credentialId: `trap-${trap}` };
}
