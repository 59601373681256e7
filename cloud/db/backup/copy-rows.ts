// Owns reading the rows of a snapshot without any program but ours: COPY, table by table.
import type pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import { countRows, type Piece } from "./copy-scanner.ts";
import type { TableFacts } from "./tables.ts";

/** In the form that `createCopyScanner` gives for what pg_dump writes. */
export async function* readRows(client: pg.Client, tables: TableFacts[]): AsyncGenerator<Piece> {
  for (const table of tables) {
    const target = table.columns.length === 0 ? table.ident : `${table.ident} (${table.columns.join(", ")})`;
    yield { kind: "copy", statement: `COPY ${target} FROM stdin;` };
    const stream = client.query(copyTo(`COPY ${target} TO STDOUT`));
    for await (const bytes of stream) yield { kind: "rows", bytes, rows: countRows(bytes) };
    yield { kind: "copy-end" };
  }
}
