// Owns what an account is: bounds of its fields, the short name of a tenant, tokens and how they are kept. Pure; how passwords are
// hashed is passwords.ts, where everything is stored queries/.
import { createHash } from "node:crypto";

export const PASSWORD_CHARS_MIN = 10;
export const PASSWORD_CHARS_MAX = 200;
export const EMAIL_CHARS_MAX = 254;
export const TENANT_NAME_CHARS_MAX = 100;
export const SESSION_MS = 30 * 24 * 60 * 60 * 1000;
export const TOKEN_BYTES = 32;

export interface Registration {
  tenantName: string;
  email: string;
  passwordHash: string;
}

export interface Person {
  user: { id: string; email: string; name: string | null };
  tenant: { id: string; name: string; slug: string };
  role: string;
}

export interface NewSession {
  token: string;
  expiresAt: Date;
}

export type Registered = { ok: true; person: Person } | { ok: false; reason: "email-taken" };

/** Null if it can be no address. Case is kept, since the part before the @ belongs to the other side; comparing forgets it. */
export function parseEmail(text: string): string | null {
  const email = text.trim();
  return email.length <= EMAIL_CHARS_MAX && /^[^\s@]{1,64}@[^\s@.]+(\.[^\s@.]+)*$/.test(email) ? email : null;
}

/** The tenant's short name: lower-case letters, digits and dashes, at most 50 characters, never empty. */
export function slugOf(name: string): string {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const dashed = plain.replace(/[^a-z0-9]+/g, "-").slice(0, 50);
  return dashed.replace(/^-|-$/g, "") || "tenant";
}

/** The short names to try, in order: the plain one, numbered ones, and one that nobody else has thought of. */
export function listSlugs(name: string, random: Uint8Array): string[] {
  const slug = slugOf(name);
  const numbered = [2, 3, 4, 5].map((number) => `${slug}-${number}`);
  return [slug, ...numbered, `${slug}-${Buffer.from(random).toString("hex")}`];
}

/** How a token is stored: SHA-256, hexadecimal. A token has 256 random bits, so nothing slower is needed [SECRET-1]. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
