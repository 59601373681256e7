// Owns the first step of an account: tenant, user and membership, or none of them. Runs outside any tenant's scope, since there is none yet;
// which short names to try is decided in accounts.ts.
import { writeAudit } from "../../db/audit-log.ts";
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { Person, Registered, Registration } from "../accounts.ts";

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
  const { id, name, slug } = tenant;
  const entry = { tenantId: id, userId: user.id, resourceType: "tenant", resourceId: id, new: { name, slug } } as const;
  await writeAudit(trx, { action: "register", ...entry });
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
