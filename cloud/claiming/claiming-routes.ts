// Owns the HTTP of claiming as a person does it by button: see the traps nearby, claim one. Both work as the system, since the windows belong
// to no tenant yet. It also puts all doors of this room in the app and gives them the limits they share.
import { Type } from "typebox";
import { networkOf } from "../http/address.ts";
import type { App } from "../http/app.ts";
import { requireAccount } from "../http/auth.ts";
import { ProblemError } from "../http/problems.ts";
import { createRateLimiter, type RateLimit, type RateLimiter, refuseBeyond } from "../http/rate-limit.ts";
import { DEVICE_NAME_CHARS_MAX, DeviceLimitError, formatUuid } from "./claiming.ts";
import { registerCodeRoutes } from "./code-routes.ts";
import { type FactoryDeps, registerFactoryRoutes } from "./factory-routes.ts";
import { createGuesses, GUESS_LIMITS, type Guesses, type GuessLimits } from "./guesses.ts";
import { claimWindow } from "./queries/claim-window.ts";
import { listNearby } from "./queries/list-nearby.ts";
import { registerTrapRoutes, type TrapDoorDeps } from "./trap-routes.ts";

export interface ClaimingLimits extends GuessLimits {
  challengesPerAddress: RateLimit;
  lookUpsPerAccount: RateLimit;
  wrongFactoryTokensPerAddress: RateLimit;
}

const MINUTE_MS = 60_000;

export const CLAIMING_LIMITS: ClaimingLimits = {
  ...GUESS_LIMITS,
  challengesPerAddress: { count: 300, windowMs: MINUTE_MS },
  lookUpsPerAccount: { count: 60, windowMs: MINUTE_MS },
  wrongFactoryTokensPerAddress: { count: 20, windowMs: 10 * MINUTE_MS },
};

export interface ClaimingDeps extends Omit<TrapDoorDeps, "limits">, Omit<FactoryDeps, "limits"> {
  limits?: Partial<ClaimingLimits>;
}

const SerialNumber = Type.String({ minLength: 4, maxLength: 32 });
const NearbyQuery = Type.Object({ serialNumber: Type.Optional(SerialNumber) });
const ClaimBody = Type.Object({
  serialNumber: SerialNumber,
  name: Type.String({ minLength: 1, maxLength: DEVICE_NAME_CHARS_MAX, pattern: "\\S" }),
});

export function registerClaimingRoutes(app: App, deps: ClaimingDeps): void {
  const limits = { ...CLAIMING_LIMITS, ...deps.limits };
  const limiter = (name: keyof ClaimingLimits) => createRateLimiter({ clock: deps.clock, limit: limits[name] });
  const guesses = createGuesses({
    guessesPerGuesser: limiter("guessesPerGuesser"),
    guessesPerAddress: limiter("guessesPerAddress"),
    guessesInAll: limiter("guessesInAll"),
  });
  const challengesByAddress = limiter("challengesPerAddress");
  const wrongTokensByAddress = limiter("wrongFactoryTokensPerAddress");
  registerTrapRoutes(app, { ...deps, limits: { challengesByAddress, countGuess: guesses.count } });
  registerFactoryRoutes(app, { ...deps, limits: { wrongTokensByAddress } });
  registerCodeRoutes(app, deps);
  registerNearby(app, deps, limiter("lookUpsPerAccount"));
  registerClaims(app, deps, guesses);
}

function registerNearby(app: App, { db, clock }: ClaimingDeps, lookUps: RateLimiter): void {
  const options = { onRequest: requireAccount, schema: { querystring: NearbyQuery } };
  app.get("/api/v1/claiming/nearby", options, async (request) => {
    const serialNumber = request.query.serialNumber?.trim().toUpperCase();
    if (serialNumber !== undefined) refuseBeyond(lookUps.take(request.account.userId));
    const by = serialNumber === undefined ? { address: networkOf(request.ip) } : { serialNumber };
    return { traps: await db.system((trx) => listNearby(trx, by, clock.now())) };
  });
}

function registerClaims(app: App, deps: ClaimingDeps, guesses: Guesses): void {
  const options = { onRequest: requireAccount, schema: { body: ClaimBody } };
  app.post("/api/v1/claiming/claims", options, async (request, reply) => {
    const { tenantId, userId } = request.account;
    const guesser = `account ${userId}`;
    const address = networkOf(request.ip);
    refuseBeyond(guesses.count(guesser, address));
    const claim = {
      tenantId,
      userId,
      serialNumber: request.body.serialNumber.trim().toUpperCase(),
      name: request.body.name.trim(),
      credentialId: formatUuid(deps.randomBytes(16)),
      now: deps.clock.now(),
    };
    const outcome = await deps.db
      .system((trx) => claimWindow(trx, claim, deps.devices), request.account)
      .catch(refuseBeyondPlan);
    if (!outcome.ok) throw new ProblemError(outcome.reason);
    guesses.giveBack(guesser, address);
    deps.log.info({ tenantId, userId, deviceId: outcome.device.id }, "device claimed");
    return reply.code(201).send({ device: outcome.device });
  });
}

function refuseBeyondPlan(error: unknown): never {
  if (!(error instanceof DeviceLimitError)) throw error;
  throw new ProblemError("device-limit-reached", {
    detail: `${error.message[0]?.toUpperCase()}${error.message.slice(1)}.`,
  });
}
