// Owns who a person is and as what they act. Runs outside any tenant's scope, since it finds out whose scope a request may have.
import type { Transaction } from "../../db/tenant-transaction.ts";
import type { Person } from "../accounts.ts";

/** The person in the tenant they joined first. */
export async function findPerson(trx: Transaction, userId: string, tenantId?: string): Promise<Person | null> {
  const row = await trx
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
