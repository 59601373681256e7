// Owns the broker's question at CONNECT: whose credentials are these? The work is the same for names nobody has.
import type { Clock } from "../clock.ts";
import type { TraplineDatabase } from "../db/connection.ts";
import type { AuthenticateDevice } from "../mqtt/device-door.ts";
import { hashPassword, isEqual } from "./proofs.ts";
import { findCredential } from "./queries/find-credential.ts";
import { updateConfirmed } from "./queries/update-confirmed.ts";

const NOBODYS_HASH = hashPassword("");

/** Rejects if the database does not answer: that is no reason to call good credentials bad. */
export function createAuthenticateDevice(deps: { db: TraplineDatabase; clock: Clock }): AuthenticateDevice {
  const { db } = deps;
  return async (username, password) => {
    // PostgreSQL cannot hold a zero character, so no user name of ours has one.
    const name = username.slice(0, 100);
    const known = name.includes("\u0000") ? null : await db.system((trx) => findCredential(trx, name));
    const isRight = isEqual(hashPassword(password), known?.passwordHash ?? NOBODYS_HASH);
    if (known === null || known.passwordHash === null || !isRight) return null;
    if (!known.isConfirmed && !(await db.system((trx) => updateConfirmed(trx, known, deps.clock.now())))) return null;
    return { tenantId: known.tenantId, deviceId: known.deviceId, credentialId: known.credentialId };
  };
}
