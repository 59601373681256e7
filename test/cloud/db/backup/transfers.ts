// Writers that move amounts between tables while something else happens: no row keeps its value, their sum never changes.
import type pg from "pg";
import { withClient } from "./database-picture.ts";

const WRITERS = 3;
const ROWS = 50;
const AMOUNT = 1000;
/** Between the two in the order of names, and long enough that amounts move while it is read. */
const BALLAST_ROWS = 30_000;

const TABLES = `
  CREATE TABLE a_pots (id integer PRIMARY KEY, amount bigint NOT NULL);
  CREATE TABLE m_ballast (id integer PRIMARY KEY, text text NOT NULL);
  CREATE TABLE z_pots (id integer PRIMARY KEY, amount bigint NOT NULL);
  INSERT INTO a_pots SELECT n, ${AMOUNT} FROM generate_series(1, ${ROWS}) AS n;
  INSERT INTO z_pots SELECT n, ${AMOUNT} FROM generate_series(1, ${ROWS}) AS n;
  INSERT INTO m_ballast SELECT n, sha256(n::text::bytea)::text FROM generate_series(1, ${BALLAST_ROWS}) AS n`;

export interface Sum {
  query: string;
  total: string;
}

/**
 * Makes the tables in an empty database and moves amounts from before `fn` until after it.
 * @throws Error when nothing was moved during it, so that it would prove nothing
 */
export async function transferUntil(url: string, fn: () => Promise<void>): Promise<Sum> {
  await withClient(url, (client) => client.query(TABLES));
  const state = { moved: 0, ended: false };
  const writers = Array.from({ length: WRITERS }, (_, index) =>
    withClient(url, (client) => move(client, index, state)),
  );
  const working = fn().finally(() => {
    state.ended = true;
  });
  await Promise.all([working, ...writers]);
  if (state.moved < WRITERS) throw new Error(`${state.moved} transfers during the work`);
  return {
    query: "SELECT ((SELECT sum(amount) FROM a_pots) + (SELECT sum(amount) FROM z_pots))::text AS total",
    total: String(2 * ROWS * AMOUNT),
  };
}

/** Always the same table first, so that two writers never wait for each other in a circle. */
async function move(client: pg.Client, writer: number, state: { moved: number; ended: boolean }): Promise<void> {
  for (let step = 0; !state.ended; step += 1) {
    const id = 1 + ((step + writer * 17) % ROWS);
    const amount = 1 + (step % 7);
    await client.query("BEGIN");
    await client.query("UPDATE a_pots SET amount = amount - $1 WHERE id = $2", [amount, id]);
    await client.query("UPDATE z_pots SET amount = amount + $1 WHERE id = $2", [amount, id]);
    await client.query("COMMIT");
    state.moved += 1;
  }
}
