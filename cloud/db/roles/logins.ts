// Owns how the cloud logs in as its three roles when it is given the owner's address alone: passwords derived from the owner's, set on
// the server where they do not work yet. The roles themselves are roles.ts.
import { createHmac } from "node:crypto";
import pg from "pg";
import { isRefusal, VARIABLES, withClient } from "./login-attempt.ts";
import { type DatabaseRole, ensureRoles, isForbidden, ROLES, retryConcurrent } from "./roles.ts";
import { RolesError } from "./roles-error.ts";
import { encodeScramVerifier } from "./scram.ts";

/** postgres:// addresses of one database, by the role that each logs in as. */
export interface DatabaseUrls {
  /** trapline_app */
  app: string;
  /** trapline_ingest */
  ingest: string;
  /** trapline_system */
  system: string;
}

interface Login {
  role: DatabaseRole;
  url: string;
  /** Null where the owner has none: a server that trusts its callers. */
  password: string | null;
}

/** The addresses that follow from the owner's; asks nobody. @throws RolesError `address-malformed` */
export function deriveUrls(ownerUrl: string): DatabaseUrls {
  return collectUrls(deriveLogins(ownerUrl));
}

/**
 * The same addresses, after every one of them has logged in. Where one cannot yet, the owner lets it: roles are created, and a role that
 * nobody uses otherwise gets its password. Safe while other programs of the same owner do the same.
 * @throws RolesError; what pg throws where the server does not answer, or not the owner
 */
export async function prepareLogins(ownerUrl: string): Promise<DatabaseUrls> {
  const logins = deriveLogins(ownerUrl);
  const refused = await listRefused(logins);
  if (refused.length > 0) await withClient(ownerUrl, (owner) => openLogins(owner, logins));
  const [still] = refused.length > 0 ? await listRefused(logins) : [];
  if (still !== undefined) throw loginRefused(still);
  return collectUrls(logins);
}

function deriveLogins(ownerUrl: string): Login[] {
  const owner = parseAddress(ownerUrl);
  // In the query they win over those before the host, as pg reads an address.
  const password = owner.searchParams.get("password") || decodeURIComponent(owner.password);
  return ROLES.map((role) => {
    const derived = password === "" ? null : derivePassword(password, role);
    return { role, password: derived, url: withLogin(owner, role, derived) };
  });
}

function derivePassword(ownerPassword: string, role: DatabaseRole): string {
  return createHmac("sha256", ownerPassword).update(`trapline login ${role}`).digest("hex");
}

/** The message never repeats the address, which holds a password. */
function parseAddress(text: string): URL {
  try {
    const url = new URL(text);
    decodeURIComponent(url.password);
    return url;
  } catch {
    throw new RolesError(
      "address-malformed",
      "the database's address cannot be read: write postgres://user:password@host:port/database, and the signs @ : / ? # % of " +
        "a password as %40 %3A %2F %3F %23 %25; a socket's folder goes to the end, postgres:///database?host=/folder&user=name",
    );
  }
}

function withLogin(owner: URL, role: DatabaseRole, password: string | null): string {
  const url = new URL(owner.href);
  url.searchParams.delete("user");
  url.searchParams.delete("password");
  if (url.host === "") {
    // Without a host there is no place before it: the address of a socket names both in its query.
    url.searchParams.set("user", role);
    if (password !== null) url.searchParams.set("password", password);
  } else {
    url.username = role;
    url.password = password ?? "";
  }
  return url.href;
}

function collectUrls(logins: Login[]): DatabaseUrls {
  const find = (role: DatabaseRole) => logins.find((one) => one.role === role)?.url ?? "";
  return { app: find("trapline_app"), ingest: find("trapline_ingest"), system: find("trapline_system") };
}

interface Refused {
  login: Login;
  reason: Error;
}

async function listRefused(logins: Login[]): Promise<Refused[]> {
  const tried = await Promise.all(logins.map(async (login) => ({ login, reason: await tryLogin(login) })));
  return tried.flatMap(({ login, reason }) => (reason === null ? [] : [{ login, reason }]));
}

/** Null, or why the server does not let it in. Rejects with everything else, such as a server that is not there. */
async function tryLogin(login: Login): Promise<Error | null> {
  try {
    await withClient(login.url, async () => undefined);
    return null;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return error;
  }
}

async function openLogins(owner: pg.Client, logins: Login[]): Promise<void> {
  await ensureRoles(owner);
  // It may be that nothing else was missing than the role, or its right to connect.
  const refused = await listRefused(logins);
  const answer = await owner.query<{ owner: string }>("SELECT current_user AS owner");
  const mark = `Trapline: the password follows from that of ${answer.rows[0]?.owner}`;
  for (const { login } of refused) await openLogin(owner, login, mark);
}

/**
 * The mark tells an owner whose password has changed, and whose logins therefore no longer work, from a second owner on the same cluster,
 * who must not take the first one's logins away.
 */
async function openLogin(owner: pg.Client, login: Login, mark: string): Promise<void> {
  const facts = await owner.query<{ isOpen: boolean; mark: string | null }>(
    `SELECT rolcanlogin AS "isOpen", shobj_description(oid, 'pg_authid') AS mark FROM pg_roles WHERE rolname = $1`,
    [login.role],
  );
  if (facts.rows[0]?.isOpen && facts.rows[0].mark !== mark) throw loginTaken(login);
  const password = login.password === null ? "" : ` PASSWORD '${encodeScramVerifier(login.password)}'`;
  const alter = `ALTER ROLE ${login.role} LOGIN${password}`;
  const comment = `COMMENT ON ROLE ${login.role} IS ${pg.escapeLiteral(mark)}`;
  try {
    await retryConcurrent(() => owner.query(`${alter}; ${comment}`));
  } catch (error) {
    if (!isForbidden(error)) throw error;
    throw new RolesError(
      "login-forbidden",
      `${login.role} cannot log in yet, and the database's owner may not let it; let an administrator of the server run this ` +
        `(it holds no password, only what proves one), or set ${VARIABLES[login.role]} to an address that works:`,
      { statements: [alter, comment], data: { role: login.role }, cause: error },
    );
  }
}

function loginTaken({ role }: Login): RolesError {
  return new RolesError(
    "login-taken",
    `${role} logs in with a password that does not follow from this owner's: another installation on this server uses it, or an ` +
      `administrator has set it. Set ${Object.values(VARIABLES).join(", ")} to addresses that work; or, where nobody else ` +
      "needs the old password, let an administrator run this, and start again:",
    { statements: [`ALTER ROLE ${role} NOLOGIN`], data: { role } },
  );
}

function loginRefused({ login: { role }, reason }: Refused): RolesError {
  return new RolesError(
    "login-refused",
    `the database server does not let ${role} in (${reason.message}): allow it where the owner is allowed (pg_hba.conf), or set ` +
      `${Object.values(VARIABLES).join(", ")} to addresses that work`,
    { data: { role }, cause: reason },
  );
}
