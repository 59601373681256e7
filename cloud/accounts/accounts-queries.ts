// Owns the SQL of accounts: tenants, users, memberships and sessions. All of it runs outside any tenant's scope, since it is what finds
// out whose scope a request may have.
import type { Kysely } from "kysely";
import type { Database } from "../db/schema.ts";
import type { Transaction } from "../db/tenant-transaction.ts";
import type { Person, Registered, Registration } from "./accounts.ts";

type Reader = Kysely<Database>;

/** Tenant, first user and membership in one step. `slugs` are tried in order; the last must be free. */
export async function insertAccount(trx: Transaction, wish: Registration, slugs: string[]): Promise<Registered> {
  const user = await trx
    .insertInto("users")
    .values({ email: wish.email, password_hash: wish.passwordHash })
    .onConflict((conflict) => conflict.doNothing())
    .returning(["id", "email", "name"])
    .executeTakeFirst();
  if (user === undefined) return { ok: false, reason: "email-taken" };
  const tenant = await insertTenant(trx, wish.tenantName, slugs);
  await trx
    .insertInto("user_tenant_memberships")
    .values({ user_id: user.id, tenant_id: tenant.id, role: "owner" })
    .execute();
  return { ok: true, person: { user, tenant, role: "owner" } };
}

async function insertTenant(trx: Transaction, name: string, slugs: string[]): Promise<Person["tenant"]> {
  for (const slug of slugs) {
    const tenant = await trx
      .insertInto("tenants")
      .values({ name, slug })
      .onConflict((conflict) => conflict.column("slug").doNothing())
      .returning(["id", "name", "slug"])
      .executeTakeFirst();
    if (tenant !== undefined) return tenant;
  }
  throw new Error("none of the short names was free");
}

/** The user with this email, in whatever case, and the password's hash; undefined if there is none or it may not log in. */
export function findLogin(db: Reader, email: string) {
  return db
    .selectFrom("users")
    .select(["id", "password_hash as passwordHash"])
    .where((eb) => eb(eb.fn<string>("lower", ["email"]), "=", eb.fn<string>("lower", [eb.val(email)])))
    .where("is_active", "=", true)
    .executeTakeFirst();
}

/** The person in the tenant they joined first. */
export async function findPerson(db: Reader, userId: string, tenantId?: string): Promise<Person | null> {
  const row = await db
    .selectFrom("user_tenant_memberships as m")
    .innerJoin("users as u", "u.id", "m.user_id")
    .innerJoin("tenants as t", "t.id", "m.tenant_id")
    .select(["u.id as userId", "u.email", "u.name as userName", "m.role", "t.id as tenantId", "t.name", "t.slug"])
    .where("m.user_id", "=", userId)
    .where("m.status", "=", "active")
    .$if(tenantId !== undefined, (query) => query.where("m.tenant_id", "=", tenantId as string))
    .orderBy("m.joined_at")
    .orderBy("m.tenant_id")
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    user: { id: row.userId, email: row.email, name: row.userName },
    tenant: { id: row.tenantId, name: row.name, slug: row.slug },
    role: row.role,
  };
}

export interface SessionFacts {
  userId: string;
  tenantId: string;
  tokenHash: string;
  address: string;
  agent: string | null;
  now: Date;
  expiresAt: Date;
}

export async function insertSession(db: Reader, facts: SessionFacts): Promise<void> {
  await db
    .insertInto("sessions")
    .values({
      user_id: facts.userId,
      tenant_id: facts.tenantId,
      token_hash: facts.tokenHash,
      ip_address: facts.address,
      user_agent: facts.agent,
      created_at: facts.now,
      expires_at: facts.expiresAt,
    })
    .execute();
}

/** Whose session it is, if it is still good and the person still belongs to the tenant. */
export async function findSession(db: Reader, tokenHash: string, now: Date) {
  const row = await db
    .selectFrom("sessions as s")
    .innerJoin("users as u", "u.id", "s.user_id")
    .innerJoin("user_tenant_memberships as m", (join) =>
      join.onRef("m.user_id", "=", "s.user_id").onRef("m.tenant_id", "=", "s.tenant_id"),
    )
    .select([
      "s.id as sessionId",
      "s.user_id as userId",
      "s.tenant_id as tenantId",
      "s.expires_at as expiresAt",
      "m.role",
    ])
    .where("s.token_hash", "=", tokenHash)
    .where("s.revoked_at", "is", null)
    .where("s.expires_at", ">", now)
    .where("u.is_active", "=", true)
    .where("m.status", "=", "active")
    .executeTakeFirst();
  return row ?? null;
}

export async function updateSessionRevoked(db: Reader, sessionId: string, now: Date): Promise<void> {
  await db
    .updateTable("sessions")
    .set({ revoked_at: now })
    .where("id", "=", sessionId)
    .where("revoked_at", "is", null)
    .execute();
}

/** Returns how many sessions were over and are now forgotten. Safe to run on several instances at once. */
export async function deleteEndedSessions(db: Reader, now: Date): Promise<number> {
  const result = await db
    .deleteFrom("sessions")
    .where((eb) => eb.or([eb("expires_at", "<=", now), eb("revoked_at", "<=", now)]))
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}
