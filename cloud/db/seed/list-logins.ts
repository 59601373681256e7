// Lists who can log in, where, and as what, as the database has it: a person may have changed an address or a role since.
import type pg from "pg";
import { PEOPLE, SAMPLE_PASSWORD, userId } from "./data/people.ts";

export interface SampleLogin {
  email: string;
  /** The one that was given; somebody may have changed it since. */
  password: string;
  /** The tenant's short name. */
  tenant: string;
  role: string;
}

/** In the order of the sample; for each person the tenant comes first that logging in leads to. */
export async function listLogins(client: pg.Client): Promise<SampleLogin[]> {
  const answer = await client.query<Omit<SampleLogin, "password">>(
    `SELECT u.email, t.slug AS tenant, m.role
      FROM user_tenant_memberships AS m
      JOIN users AS u ON u.id = m.user_id
      JOIN tenants AS t ON t.id = m.tenant_id
      WHERE u.id = ANY ($1) AND u.is_active AND m.status = 'active'
      ORDER BY array_position($1, u.id), m.joined_at, m.tenant_id`,
    [PEOPLE.map((one) => userId(one.key))],
  );
  return answer.rows.map(({ email, tenant, role }) => ({ email, password: SAMPLE_PASSWORD, tenant, role }));
}
