// Owns the making of a database on a server that has none for us yet. What stands in it belongs to the migrations.
import pg from "pg";

const DUPLICATE_DATABASE = "42P04";

/**
 * The address of database `name` on the server of `adminUrl`, made if it is missing. Two at once are no error.
 * @param adminUrl of the maintenance database, with the right to create databases
 */
export async function ensureDatabase(adminUrl: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const found = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [name]);
    if (found.rowCount === 0) {
      await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE template0 ENCODING 'UTF8'`);
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === DUPLICATE_DATABASE)) throw error;
  } finally {
    await client.end();
  }
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.toString();
}
