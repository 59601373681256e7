// Reads what a database holds of the sample already, and which of its names other data has. Changes nothing.
import type pg from "pg";
import { PEOPLE, userId } from "./data/people.ts";
import { TENANTS, tenantId } from "./data/tenants.ts";

export interface Known {
  /** The moment of the first run; now, if this is it. Whole milliseconds. */
  first: Date;
  tenantIds: Set<string>;
  userIds: Set<string>;
  /** Short names and lower-case addresses of tenants and people that are none of the sample's. */
  taken: Set<string>;
}

/** @param client of the owner, inside a transaction */
export async function readKnown(client: pg.Client): Promise<Known> {
  const tenants = await client.query<{ id: string }>("SELECT id FROM tenants WHERE id = ANY ($1)", [
    TENANTS.map((one) => tenantId(one.key)),
  ]);
  const users = await client.query<{ id: string; first: string | null }>(
    "SELECT id, metadata #>> '{sample,first_run}' AS first FROM users WHERE id = ANY ($1)",
    [PEOPLE.map((one) => userId(one.key))],
  );
  return {
    first: findFirst(users.rows.map((row) => row.first)) ?? (await readNow(client)),
    tenantIds: new Set(tenants.rows.map((row) => row.id)),
    userIds: new Set(users.rows.map((row) => row.id)),
    taken: await readTaken(client),
  };
}

/** Unreadable ones, which only a person can have written, are passed over. */
function findFirst(moments: (string | null)[]): Date | null {
  const known = moments.map((text) => Date.parse(text ?? "")).filter((ms) => !Number.isNaN(ms));
  return known.length === 0 ? null : new Date(Math.min(...known));
}

async function readNow(client: pg.Client): Promise<Date> {
  const answer = await client.query<{ ms: number }>("SELECT floor(extract(epoch FROM now()) * 1000)::float8 AS ms");
  return new Date(answer.rows[0]?.ms ?? 0);
}

async function readTaken(client: pg.Client): Promise<Set<string>> {
  const slugs = await client.query<{ name: string }>(
    "SELECT slug AS name FROM tenants WHERE slug = ANY ($1) AND NOT id = ANY ($2)",
    [TENANTS.map((one) => one.key), TENANTS.map((one) => tenantId(one.key))],
  );
  const emails = await client.query<{ name: string }>(
    "SELECT lower(email) AS name FROM users WHERE lower(email) = ANY ($1) AND NOT id = ANY ($2)",
    [PEOPLE.map((one) => one.email), PEOPLE.map((one) => userId(one.key))],
  );
  return new Set([...slugs.rows, ...emails.rows].map((row) => row.name));
}
