// Owns who asks: the session token of a request (bearer or cookie), the account behind it, and the refusal of requests that another
// site makes a browser send. How tokens are stored and accounts found belongs to the accounts room, which is handed in.
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Origin } from "../db/tenant-transaction.ts";
import { originOf } from "./address.ts";
import { ProblemError } from "./problems.ts";

export const SESSION_COOKIE = "trapline_session";

/** Who is logged in, in which tenant, until when. */
export interface Account {
  userId: string;
  tenantId: string;
  role: string;
  sessionId: string;
  expiresAt: Date;
  /** Where this request comes from. */
  address: string;
  agent: string | null;
}

/** Whose session is this token? Null: nobody's, or no longer. */
export type FindAccount = (token: string) => Promise<Omit<Account, keyof Origin> | null>;

declare module "fastify" {
  interface FastifyInstance {
    findAccount: FindAccount;
  }
  interface FastifyRequest {
    /** Set by requireAccount; asking for it on a route without is a programmer's error and throws. */
    account: Account;
  }
}

const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
/** What a token of ours can look like; anything else is not worth a question to the database. */
const TOKEN = /^[A-Za-z0-9_-]{20,200}$/;

/** The bearer token; null if there is no such header, empty if it holds something else. */
export function findBearerToken(request: FastifyRequest): string | null {
  const header = request.headers.authorization;
  if (header === undefined) return null;
  return /^Bearer +([!-~]{1,500})$/i.exec(header.trim())?.[1] ?? "";
}

/** Scheme apart, whose default port may or may not be named, the origin is the host that was asked. */
function isOwnOrigin(request: FastifyRequest, origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, host } = new URL(origin);
  const own = `${protocol}//${request.host}`;
  if (!URL.canParse(own) || new URL(own).host !== host) return false;
  return request.protocol !== "https" || protocol === "https:";
}

/**
 * Hook for all routes: an unsafe request that a foreign page caused is refused, even where no session is needed (logging in somebody
 * else's browser is an attack too). A bearer token is exempt: no browser adds one by itself.
 */
export async function refuseForeignOrigin(request: FastifyRequest): Promise<void> {
  const origin = request.headers.origin;
  if (SAFE_METHODS.has(request.method) || origin === undefined || findBearerToken(request) !== null) return;
  if (!isOwnOrigin(request, origin)) throw new ProblemError("foreign-origin");
}

/**
 * Hook (onRequest or preHandler) of routes that need an account. Sets `request.account`.
 * @throws ProblemError unauthenticated; foreign-origin if a cookie authenticates an unsafe request that does not say where it is from
 */
export async function requireAccount(request: FastifyRequest): Promise<void> {
  const bearer = findBearerToken(request);
  const token = bearer ?? request.cookies[SESSION_COOKIE] ?? "";
  if (bearer === null && token !== "" && !SAFE_METHODS.has(request.method) && request.headers.origin === undefined) {
    throw new ProblemError("foreign-origin", { detail: "With a cookie, the request must carry its Origin." });
  }
  const account = TOKEN.test(token) ? await request.server.findAccount(token) : null;
  if (account === null) throw new ProblemError("unauthenticated");
  request.account = { ...account, ...originOf(request) };
}

/** Give a browser its session. `expiresAt` as the session's own. */
export function setSessionCookie(request: FastifyRequest, reply: FastifyReply, token: string, expiresAt: Date): void {
  reply.setCookie(SESSION_COOKIE, token, { ...cookieOptions(request), expires: expiresAt });
}

export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply): void {
  reply.clearCookie(SESSION_COOKIE, cookieOptions(request));
}

function cookieOptions(request: FastifyRequest) {
  return { path: "/", httpOnly: true, sameSite: "strict", secure: request.protocol === "https" } as const;
}
