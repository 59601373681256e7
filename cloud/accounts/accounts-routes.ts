// Owns the HTTP of accounts: register, log in and out, who am I, and the exchange of a bearer token for a browser's cookie.
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { Clock } from "../clock.ts";
import type { TraplineDatabase } from "../db/connection.ts";
import { networkOf, originOf } from "../http/address.ts";
import type { App } from "../http/app.ts";
import {
  clearSessionCookie,
  type FindAccount,
  findBearerToken,
  requireAccount,
  setSessionCookie,
} from "../http/auth.ts";
import { ProblemError } from "../http/problems.ts";
import { createRateLimiter, type RateLimit, type RateLimiter, refuseBeyond } from "../http/rate-limit.ts";
import {
  EMAIL_CHARS_MAX,
  hashToken,
  listSlugs,
  type NewSession,
  PASSWORD_CHARS_MAX,
  PASSWORD_CHARS_MIN,
  type Person,
  parseEmail,
  SESSION_MS,
  TENANT_NAME_CHARS_MAX,
  TOKEN_BYTES,
} from "./accounts.ts";
import type { Passwords } from "./passwords.ts";
import { findLogin } from "./queries/find-login.ts";
import { findPerson } from "./queries/find-person.ts";
import { findSession } from "./queries/find-session.ts";
import { insertAccount } from "./queries/insert-account.ts";
import { insertFailedLogin } from "./queries/insert-failed-login.ts";
import { insertSession } from "./queries/insert-session.ts";
import { replacePasswordHash } from "./queries/replace-password-hash.ts";
import { updateSessionRevoked } from "./queries/update-session-revoked.ts";

export interface AccountLimits {
  registrationsPerAddress: RateLimit;
  failedLoginsPerAddress: RateLimit;
  failedLoginsPerEmail: RateLimit;
}

const TEN_MINUTES_MS = 10 * 60 * 1000;

export const ACCOUNT_LIMITS: AccountLimits = {
  registrationsPerAddress: { count: 20, windowMs: TEN_MINUTES_MS },
  failedLoginsPerAddress: { count: 30, windowMs: TEN_MINUTES_MS },
  failedLoginsPerEmail: { count: 10, windowMs: TEN_MINUTES_MS },
};

export interface AccountDeps {
  db: TraplineDatabase;
  clock: Clock;
  passwords: Passwords;
  randomBytes(count: number): Uint8Array;
  limits?: Partial<AccountLimits>;
}

const Email = Type.String({ minLength: 3, maxLength: EMAIL_CHARS_MAX });
const Registration = Type.Object({
  tenantName: Type.String({ minLength: 1, maxLength: TENANT_NAME_CHARS_MAX, pattern: "\\S" }),
  email: Email,
  password: Type.String({ minLength: PASSWORD_CHARS_MIN, maxLength: PASSWORD_CHARS_MAX }),
});
// No lower bound here: a short password is a wrong one, and which of the two it is tells too much.
const Login = Type.Object({ email: Email, password: Type.String({ maxLength: PASSWORD_CHARS_MAX }) });

/** What requireAccount asks: whose session is this token? */
export function createFindAccount(deps: Pick<AccountDeps, "db" | "clock">): FindAccount {
  return (token) => deps.db.system((trx) => findSession(trx, hashToken(token), deps.clock.now()));
}

export function registerAccountRoutes(app: App, deps: AccountDeps): void {
  const limits = { ...ACCOUNT_LIMITS, ...deps.limits };
  registerRegistration(app, deps, createRateLimiter({ clock: deps.clock, limit: limits.registrationsPerAddress }));
  registerLogin(app, deps, {
    byAddress: createRateLimiter({ clock: deps.clock, limit: limits.failedLoginsPerAddress }),
    byEmail: createRateLimiter({ clock: deps.clock, limit: limits.failedLoginsPerEmail }),
  });
  registerSession(app, deps);
}

function registerRegistration(app: App, deps: AccountDeps, byAddress: RateLimiter): void {
  app.post("/api/v1/register", { schema: { body: Registration } }, async (request, reply) => {
    refuseBeyond(byAddress.take(networkOf(request.ip)));
    const email = parseEmail(request.body.email);
    if (email === null) {
      const errors = [{ field: "email", message: "must be an email address" }];
      throw new ProblemError("bad-input", { detail: "body: email must be an email address", errors });
    }
    const passwordHash = await deps.passwords.hash(request.body.password);
    const tenantName = request.body.tenantName.trim();
    const slugs = listSlugs(tenantName, deps.randomBytes(4));
    const wish = { tenantName, email, passwordHash };
    const outcome = await deps.db.system((trx) => insertAccount(trx, wish, slugs), originOf(request));
    if (!outcome.ok) throw new ProblemError(outcome.reason);
    const session = await startSession(deps, request, reply, outcome.person);
    return reply.code(201).send({ ...outcome.person, ...session });
  });
}

function registerLogin(app: App, deps: AccountDeps, limits: { byAddress: RateLimiter; byEmail: RateLimiter }): void {
  app.post("/api/v1/login", { schema: { body: Login } }, async (request, reply) => {
    const email = request.body.email.trim();
    const address = networkOf(request.ip);
    const key = email.toLowerCase();
    refuseBeyond(limits.byAddress.take(address));
    refuseBeyond(limits.byEmail.take(key));
    const login = await deps.db.system((trx) => findLogin(trx, email));
    const isRight = await deps.passwords.verify(login?.passwordHash ?? null, request.body.password);
    const person = isRight && login !== undefined ? await deps.db.system((trx) => findPerson(trx, login.id)) : null;
    if (person === null) {
      await deps.db.system((trx) => insertFailedLogin(trx, login?.id ?? null), originOf(request));
      throw new ProblemError("wrong-credentials");
    }
    limits.byAddress.giveBack(address);
    limits.byEmail.giveBack(key);
    await renewHash(deps, person.user.id, login?.passwordHash ?? null, request.body.password);
    return { ...person, ...(await startSession(deps, request, reply, person)) };
  });
}

/** A hash of the mousetrap days gives way to one of ours, now that the password is at hand. */
async function renewHash(deps: AccountDeps, userId: string, oldHash: string | null, password: string): Promise<void> {
  if (oldHash === null || !deps.passwords.isOld(oldHash)) return;
  const newHash = await deps.passwords.hash(password);
  await deps.db.system((trx) => replacePasswordHash(trx, userId, { oldHash, newHash }));
}

function registerSession(app: App, deps: AccountDeps): void {
  app.get("/api/v1/me", { onRequest: requireAccount }, async (request) => {
    const { userId, tenantId, expiresAt } = request.account;
    const person = await deps.db.withTenant(request.account, (trx) => findPerson(trx, userId, tenantId));
    if (person === null) throw new ProblemError("unauthenticated");
    return { ...person, expiresAt };
  });

  app.post("/api/v1/logout", { onRequest: requireAccount }, async (request, reply) => {
    const { sessionId } = request.account;
    await deps.db.withTenant(request.account, (trx) => updateSessionRevoked(trx, sessionId, deps.clock.now()));
    clearSessionCookie(request, reply);
    return reply.code(204).send();
  });

  app.post("/api/v1/session-cookie", { onRequest: requireAccount }, async (request, reply) => {
    const token = findBearerToken(request);
    if (token === null) throw new ProblemError("unauthenticated", { detail: "A bearer token is exchanged here." });
    setSessionCookie(request, reply, token, request.account.expiresAt);
    return reply.code(204).send();
  });
}

/** For programs the token is in the answer, for browsers in a cookie; each uses what it knows how to keep. */
async function startSession(
  deps: AccountDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  person: Person,
): Promise<NewSession> {
  const token = Buffer.from(deps.randomBytes(TOKEN_BYTES)).toString("base64url");
  const now = deps.clock.now();
  const expiresAt = new Date(now.getTime() + SESSION_MS);
  const origin = originOf(request);
  const session = {
    userId: person.user.id,
    tenantId: person.tenant.id,
    tokenHash: hashToken(token),
    ...origin,
    now,
    expiresAt,
  };
  await deps.db.system((trx) => insertSession(trx, session), origin);
  setSessionCookie(request, reply, token, expiresAt);
  return { token, expiresAt };
}
