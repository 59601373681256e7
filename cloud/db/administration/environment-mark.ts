// Owns the mark of a database that says what it is for. It belongs to the database, not to what is in it: clearing the database keeps
// it, and a backup does not carry it into another one.
import pg from "pg";

export type EnvironmentMark = "production" | "development";

const SETTING = "trapline.environment";
const INSUFFICIENT_PRIVILEGE = "42501";
/** How the mark is written into the database's comment where only a superuser may invent a setting. */
const IN_COMMENT = /\s*\[trapline\.environment=(production|development)\]/;

/**
 * Null for a database that nobody has marked. Both places are read, and production wins: a mark that is overlooked costs the data.
 * The catalogue is asked, not the session's setting, which an address or a role could change.
 */
export async function readMark(client: pg.Client): Promise<EnvironmentMark | null> {
  const answer = await client.query<{ settings: string[] | null; comment: string | null }>(
    `SELECT shobj_description(d.oid, 'pg_database') AS comment,
      (SELECT s.setconfig FROM pg_db_role_setting s WHERE s.setdatabase = d.oid AND s.setrole = 0) AS settings
      FROM pg_database d WHERE d.datname = current_database()`,
  );
  const { settings, comment } = answer.rows[0] ?? { settings: null, comment: null };
  const setting = settings?.find((one) => one.startsWith(`${SETTING}=`))?.slice(SETTING.length + 1);
  const marks = [setting, IN_COMMENT.exec(comment ?? "")?.[1]];
  return (["production", "development"] as const).find((mark) => marks.includes(mark)) ?? null;
}

/** @throws pg.DatabaseError 42501 where the login is neither a superuser nor the database's owner */
export async function writeMark(client: pg.Client, mark: EnvironmentMark): Promise<void> {
  const answer = await client.query<{ name: string; comment: string | null }>(
    `SELECT datname AS name, shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = current_database()`,
  );
  const { name, comment } = answer.rows[0] ?? { name: "", comment: null };
  const database = pg.escapeIdentifier(name);
  const rest = (comment ?? "").replace(IN_COMMENT, "");
  const isSet = await trySetting(client, `ALTER DATABASE ${database} SET ${SETTING} = '${mark}'`);
  const text = isSet ? rest : `${rest} [${SETTING}=${mark}]`.trimStart();
  if (text !== (comment ?? "")) {
    await client.query(`COMMENT ON DATABASE ${database} IS ${text === "" ? "NULL" : pg.escapeLiteral(text)}`);
  }
}

/** Until PostgreSQL knows a setting, only a superuser may give it to a database. */
async function trySetting(client: pg.Client, statement: string): Promise<boolean> {
  try {
    await client.query(statement);
    return true;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === INSUFFICIENT_PRIVILEGE) return false;
    throw error;
  }
}
