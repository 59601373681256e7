// Owns the three roles the cloud works as: that they exist in the cluster, may connect to this database, and could not pass the walls
// between tenants. Their passwords are logins.ts; what each may do with which table stands in the migrations.
import pg from "pg";
import { RolesError } from "./roles-error.ts";

/** People's requests; what one device says; what belongs to no tenant or to several. Roles are shared by all databases of a cluster. */
export const ROLES = ["trapline_app", "trapline_ingest", "trapline_system"] as const;
export type DatabaseRole = (typeof ROLES)[number];

const ATTRIBUTES = "NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION";
const INSUFFICIENT_PRIVILEGE = "42501";
const DUPLICATE_OBJECT = "42710";
const INTERNAL_ERROR = "XX000";
const UNIQUE_VIOLATION = "23505";
/** Each try waits for the program that was faster, so this many programs may do the same at once. */
const TRIES_MAX = 50;

/**
 * Creates the roles that are missing, and lets them connect to the client's database. Roles that exist are never altered. Safe while
 * other programs do the same in this database or another one of the cluster. Not for use inside a transaction.
 * @param client of the database's owner: a superuser, or with CREATEROLE if a role is missing
 * @throws RolesError `roles-missing`, `role-too-powerful`, `connect-missing`, `owner-unfit`
 */
export async function ensureRoles(client: pg.Client): Promise<void> {
  await refuseUnfitOwner(client);
  const missing = await listMissing(client);
  for (const role of missing) await createRole(client, role, missing);
  await refusePower(client);
  await ensureConnect(client);
}

/** Runs it again while another program changes the same row of a shared catalogue. Not for use inside a transaction. */
export async function retryConcurrent<T>(fn: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await fn();
    } catch (error) {
      if (tries >= TRIES_MAX || !isConcurrent(error)) throw error;
    }
  }
}

function isConcurrent(error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError)) return false;
  return error.code === UNIQUE_VIOLATION || (error.code === INTERNAL_ERROR && /tuple concurrently/.test(error.message));
}

export function isForbidden(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === INSUFFICIENT_PRIVILEGE;
}

async function refuseUnfitOwner(client: pg.Client): Promise<void> {
  const answer = await client.query<{ owner: string }>("SELECT current_user AS owner");
  const owner = ROLES.find((role) => role === answer.rows[0]?.owner);
  if (owner === undefined) return;
  throw new RolesError(
    "owner-unfit",
    `the address of the database's owner logs in as ${owner}, which must own nothing: give DATABASE_URL another user`,
    { data: { owner } },
  );
}

async function listMissing(client: pg.Client): Promise<DatabaseRole[]> {
  const found = await client.query<{ rolname: string }>("SELECT rolname FROM pg_roles WHERE rolname = ANY($1)", [
    [...ROLES],
  ]);
  return ROLES.filter((role) => !found.rows.some((row) => row.rolname === role));
}

async function createRole(client: pg.Client, role: DatabaseRole, missing: DatabaseRole[]): Promise<void> {
  try {
    await client.query(createStatement(role));
  } catch (error) {
    if (isAlreadyThere(error)) return;
    if (!isForbidden(error)) throw error;
    throw new RolesError(
      "roles-missing",
      `the database needs the roles ${missing.join(", ")}, and this login may not create roles; ` +
        "let an administrator of the server run this, or give the owner CREATEROLE:",
      { statements: missing.map(createStatement), data: { missing }, cause: error },
    );
  }
}

/** Another program was faster; which of the two it is depends on how much. */
function isAlreadyThere(error: unknown): boolean {
  return error instanceof pg.DatabaseError && (error.code === DUPLICATE_OBJECT || error.code === UNIQUE_VIOLATION);
}

function createStatement(role: DatabaseRole): string {
  return `CREATE ROLE ${role} NOLOGIN ${ATTRIBUTES}`;
}

interface Power {
  role: string;
  what: string;
  statement: string;
}

/**
 * What lets a role see more than the migrations grant: attributes, things it owns, and groups that have either or tables granted. A group
 * without any of them is harmless (some hosts log their users in by one).
 */
const POWERS = `
  WITH RECURSIVE reached AS (
    SELECT r.oid AS role, m.roleid AS direct, m.roleid AS through
      FROM pg_roles r JOIN pg_auth_members m ON m.member = r.oid WHERE r.rolname = ANY($1)
    UNION
    SELECT reached.role, reached.direct, m.roleid FROM reached JOIN pg_auth_members m ON m.member = reached.through
  ), this AS (
    SELECT oid FROM pg_database WHERE datname = current_database()
  ), owning AS (
    SELECT DISTINCT d.refobjid AS role FROM pg_shdepend d, this
    WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype = 'o'
      AND (d.dbid = this.oid OR (d.classid = 'pg_database'::regclass AND d.objid = this.oid))
  ), granted AS (
    SELECT DISTINCT d.refobjid AS role FROM pg_shdepend d, this
    WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype = 'a' AND d.dbid = this.oid AND d.classid = 'pg_class'::regclass
  )
  SELECT rolname AS role,
      concat_ws(', ', CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END,
        CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolreplication THEN 'REPLICATION' END) AS what,
      format('ALTER ROLE %I NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION', rolname) AS statement
    FROM pg_roles
    WHERE rolname = ANY($1) AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication)
  UNION ALL
  SELECT rolname, 'it owns things in this database', format('REASSIGN OWNED BY %I TO %I', rolname, current_user)
    FROM pg_roles WHERE rolname = ANY($1) AND oid IN (SELECT role FROM owning)
  UNION
  SELECT r.rolname, format('it is a member of %s', t.rolname), format('REVOKE %I FROM %I', d.rolname, r.rolname)
    FROM reached
    JOIN pg_roles r ON r.oid = reached.role JOIN pg_roles d ON d.oid = reached.direct JOIN pg_roles t ON t.oid = reached.through
    WHERE t.rolsuper OR t.rolbypassrls OR t.rolcreaterole OR t.rolreplication OR t.rolname = ANY($1)
      OR t.rolname IN ('pg_read_all_data', 'pg_write_all_data', 'pg_read_server_files', 'pg_write_server_files',
        'pg_execute_server_program')
      OR t.oid IN (SELECT role FROM owning) OR t.oid IN (SELECT role FROM granted)
  ORDER BY 1, 2`;

async function refusePower(client: pg.Client): Promise<void> {
  const powers = (await client.query<Power>(POWERS, [[...ROLES]])).rows;
  if (powers.length === 0) return;
  throw new RolesError(
    "role-too-powerful",
    `the walls between tenants would not hold ${powers.map(({ role, what }) => `${role} (${what})`).join(", ")}; ` +
      "let an administrator of the server run this, and start again:",
    { statements: powers.map(({ statement }) => statement), data: { powers } },
  );
}

interface Shut {
  role: string;
  statement: string;
}

/** PUBLIC may connect unless somebody has closed the database; then the roles are let in by name. */
async function ensureConnect(client: pg.Client): Promise<void> {
  const shut = await listShut(client);
  if (shut.length === 0) return;
  try {
    for (const { statement } of shut) await retryConcurrent(() => client.query(statement));
  } catch (error) {
    if (!isForbidden(error)) throw error;
  }
  // Without the right to grant, PostgreSQL may only warn.
  const still = await listShut(client);
  if (still.length === 0) return;
  throw new RolesError(
    "connect-missing",
    "the roles may not connect to this database, and this login may not let them; let the database's owner run this:",
    { statements: still.map(({ statement }) => statement), data: { roles: still.map(({ role }) => role) } },
  );
}

async function listShut(client: pg.Client): Promise<Shut[]> {
  const answer = await client.query<Shut>(
    `SELECT rolname AS role, format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), rolname) AS statement
      FROM pg_roles WHERE rolname = ANY($1) AND NOT has_database_privilege(oid, current_database(), 'CONNECT')
      ORDER BY 1`,
    [[...ROLES]],
  );
  return answer.rows;
}
