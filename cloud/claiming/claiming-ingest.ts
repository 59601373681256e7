// Owns the broker's question at CONNECT: whose credentials are these, and with which key will that trap prove itself? The work is the same
// for names nobody has; that a trap of the mousetrap days has logged in never before may be seen by the time its hash takes.
import type { Clock } from "../clock.ts";
import type { TraplineDatabase } from "../db/connection.ts";
import type { AuthenticateDevice } from "../mqtt/device-door.ts";
import { openKey } from "./key-seal.ts";
import { isOldPassword } from "./old-passwords.ts";
import { hashPassword, isEqual } from "./proofs.ts";
import { findCredential } from "./queries/find-credential.ts";
import { replacePassword } from "./queries/replace-password.ts";
import { updateConfirmed } from "./queries/update-confirmed.ts";

const NOBODYS_HASH = hashPassword("");
const NAME_CHARS_MAX = 255;

/**
 * Rejects if the database does not answer, or with a KeySealError if the trap's key does not open: neither is a reason to call good
 * credentials bad.
 */
export function createAuthenticateDevice(deps: {
  db: TraplineDatabase;
  clock: Clock;
  sealKey: Uint8Array;
}): AuthenticateDevice {
  const { db } = deps;
  const authenticate: AuthenticateDevice = async (username, password) => {
    // PostgreSQL cannot hold a zero character, so no user name of ours has one.
    const name = username.slice(0, NAME_CHARS_MAX);
    const known = name.includes("\u0000") ? null : await db.system((trx) => findCredential(trx, name));
    const given = Buffer.from(password, "latin1");
    const hash = hashPassword(given);
    const isRight = isEqual(hash, known?.passwordHash ?? NOBODYS_HASH);
    if (known === null || known.passwordHash === null) return null;
    if (!isRight) {
      if (!(await isOldPassword(known.passwordHash, given))) return null;
      // Where somebody was faster, what is stored by now decides.
      await db.system((trx) => replacePassword(trx, known, hash));
      return authenticate(username, password);
    }
    if (!known.isConfirmed && !(await db.system((trx) => updateConfirmed(trx, known, deps.clock.now())))) return null;
    const { tenantId, deviceId, credentialId, clientId, identity } = known;
    return {
      tenantId,
      deviceId,
      credentialId,
      key: identity === null ? null : openKey(deps.sealKey, identity.serialNumber, identity.keySealed),
      ...(clientId === null || clientId === credentialId ? {} : { clientId }),
    };
  };
  return authenticate;
}
