// Owns the HTTP of the hosts that flash traps: registering an identity, which is what makes a board a trap [CLAIM-1].
import type { FastifyRequest } from "fastify";
import { Type } from "typebox";
import { isMacAddress, isSerialNumber, TRAP_KINDS } from "#protocol";
import type { Clock } from "../clock.ts";
import type { TraplineDatabase } from "../db/connection.ts";
import { networkOf } from "../http/address.ts";
import type { App } from "../http/app.ts";
import { findBearerToken } from "../http/auth.ts";
import { ProblemError } from "../http/problems.ts";
import { type RateLimiter, refuseBeyond } from "../http/rate-limit.ts";
import type { Identity, RandomBytes } from "./claiming.ts";
import { openKey, SEAL_IV_BYTES, sealKey } from "./key-seal.ts";
import { hashPassword, isEqual } from "./proofs.ts";
import type { SealedIdentity } from "./queries/identity-row.ts";
import { insertIdentity } from "./queries/insert-identity.ts";
import { listIdentities } from "./queries/list-identities.ts";

export interface FactoryDeps {
  db: TraplineDatabase;
  clock: Clock;
  randomBytes: RandomBytes;
  sealKey: Uint8Array;
  /** Null: nobody may register. */
  factoryToken: string | null;
  limits: { wrongTokensByAddress: RateLimiter };
}

const IdentityBody = Type.Object({
  serialNumber: Type.String({ maxLength: 32 }),
  macAddress: Type.String({ maxLength: 17 }),
  key: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  hardware: Type.String({ pattern: "^[!-~]([ -~]{0,30}[!-~])?$" }),
  kind: Type.Enum([...TRAP_KINDS]),
});

export function registerFactoryRoutes(app: App, deps: FactoryDeps): void {
  const onRequest = async (request: FastifyRequest) => checkToken(deps, request);
  app.post("/api/v1/factory/devices", { onRequest, schema: { body: IdentityBody } }, async (request, reply) => {
    const { serialNumber, macAddress, key, hardware, kind } = request.body;
    if (!isSerialNumber(serialNumber)) throw refuse("serialNumber", "must be 4 to 32 of A-Z, 0-9 and -");
    if (!isMacAddress(macAddress)) throw refuse("macAddress", "must be lower-case hexadecimal with colons");
    const wish = { serialNumber, macAddress, hardware, kind };
    const registeredAt = await register(deps, wish, Buffer.from(key, "hex"));
    return reply.code(201).send({ device: { ...wish, registeredAt } });
  });
}

function refuse(field: string, message: string): ProblemError {
  return new ProblemError("bad-input", { detail: `body: ${field} ${message}`, errors: [{ field, message }] });
}

/** Hashed on both sides, so that the comparison tells nothing, not even the length. */
function checkToken(deps: FactoryDeps, request: FastifyRequest): void {
  const token = findBearerToken(request) ?? "";
  const isRight = isEqual(hashPassword(token), hashPassword(deps.factoryToken ?? ""));
  if (isRight && deps.factoryToken !== null) return;
  refuseBeyond(deps.limits.wrongTokensByAddress.take(networkOf(request.ip)));
  throw new ProblemError("wrong-factory-token");
}

/** Registering the same once more is no error: a host that lost the answer tries again. */
async function register(deps: FactoryDeps, wish: Identity, key: Uint8Array): Promise<Date> {
  const sealed = sealKey(deps.sealKey, wish.serialNumber, key, deps.randomBytes(SEAL_IV_BYTES));
  const inserted = await deps.db.system((trx) => insertIdentity(trx, wish, sealed, deps.clock.now()));
  if (inserted !== null) return inserted.registeredAt;
  const [known, ...others] = await deps.db.system((trx) => listIdentities(trx, wish));
  if (known === undefined || others.length > 0 || !isSameIdentity(deps, known, wish, key)) {
    throw new ProblemError("identity-conflict");
  }
  return known.registeredAt;
}

function isSameIdentity(deps: FactoryDeps, known: SealedIdentity, wish: Identity, key: Uint8Array): boolean {
  const facts = (one: Identity) => [one.serialNumber, one.macAddress, one.hardware, one.kind].join("\n");
  const knownKey = openKey(deps.sealKey, known.serialNumber, known.keySealed);
  return facts(known) === facts(wish) && isEqual(knownKey.toString("hex"), Buffer.from(key).toString("hex"));
}
