// Owns the judgement of addresses that an administrator gives for the three roles: they may be other logins, as long as they can do what
// the role can and no more. Those that we derive ourselves are logins.ts.
import pg from "pg";
import { isRefusal, VARIABLES, withClient } from "./login-attempt.ts";
import type { DatabaseUrls } from "./logins.ts";
import { type DatabaseRole, ROLES } from "./roles.ts";
import { RolesError } from "./roles-error.ts";

interface LoginFacts {
  name: string;
  /** May do what the role may. */
  fits: boolean;
  /** May pass the walls between tenants: by its attributes, or as owner of the tables. */
  mighty: boolean;
  /** May do what another of the three may as well. */
  doubled: boolean;
}

const FACTS = `
  SELECT current_user AS name, coalesce(pg_has_role(r.oid, 'USAGE'), false) AS fits,
    u.rolsuper OR u.rolbypassrls OR EXISTS (
      SELECT FROM pg_class c
      WHERE c.relnamespace = to_regnamespace('public') AND c.relkind IN ('r', 'p') AND pg_has_role(c.relowner, 'MEMBER')
    ) AS mighty,
    EXISTS (SELECT FROM pg_roles o WHERE o.rolname = ANY ($2) AND o.rolname <> $1 AND pg_has_role(o.oid, 'MEMBER')) AS doubled
  FROM pg_roles u LEFT JOIN pg_roles r ON r.rolname = $1
  WHERE u.rolname = current_user`;

/**
 * For addresses that were given instead of derived: each logs in as its role, or as one that was granted it, and none could pass the walls
 * between tenants.
 * @throws RolesError `login-refused`, `login-unfit`, `role-too-powerful`; what pg throws where the server does not answer
 */
export async function checkLogins(urls: DatabaseUrls): Promise<void> {
  const given: [DatabaseRole, string][] = [
    ["trapline_app", urls.app],
    ["trapline_ingest", urls.ingest],
    ["trapline_system", urls.system],
  ];
  await Promise.all(given.map(([role, url]) => checkLogin(role, url)));
}

async function checkLogin(role: DatabaseRole, url: string): Promise<void> {
  const variable = VARIABLES[role];
  const facts = await readFacts(role, url);
  if (facts instanceof Error) {
    const text = `the database server refuses ${variable} (${facts.message}): correct user and password, or allow it in pg_hba.conf`;
    throw new RolesError("login-refused", text, { data: { role }, cause: facts });
  }
  const data = { role, login: facts.name };
  if (!facts.fits && !facts.mighty) {
    const text = `${variable} logs in as ${facts.name}, which may not do what ${role} may: give it that user, or let an administrator run this:`;
    throw new RolesError("login-unfit", text, {
      data,
      statements: [`GRANT ${role} TO ${pg.escapeIdentifier(facts.name)}`],
    });
  }
  if (facts.mighty || facts.doubled) {
    const text = `${variable} logs in as ${facts.name}, which the walls between tenants do not hold: give it the user ${role}`;
    throw new RolesError("role-too-powerful", text, { data });
  }
}

async function readFacts(role: DatabaseRole, url: string): Promise<LoginFacts | Error> {
  try {
    const answer = await withClient(url, (client) => client.query<LoginFacts>(FACTS, [role, [...ROLES]]));
    return answer.rows[0] ?? { name: "", fits: false, mighty: false, doubled: false };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return error;
  }
}
