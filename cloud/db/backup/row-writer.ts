// Owns writing rows into tables by COPY, one table after the other, no faster than the server takes them.
import { once } from "node:events";
import { finished } from "node:stream/promises";
import type pg from "pg";
import { type CopyStreamQuery, from as copyFrom } from "pg-copy-streams";
import type { Lost } from "./session.ts";

export interface RowWriter {
  /** @param statement `COPY ... FROM stdin;` */
  begin(statement: string): Promise<void>;
  write(bytes: Buffer): Promise<void>;
  /** Resolves when the server has taken every row. */
  end(): Promise<void>;
  /** Gives up the table that is open, so that the connection can be used again. Never rejects. */
  cancel(): Promise<void>;
  sums(): { tables: number; rowsWritten: number };
}

export function createRowWriter(client: pg.Client, lost: Lost): RowWriter {
  let stream: CopyStreamQuery | null = null;
  let failure: Promise<never> = lost;
  let tables = 0;
  let rowsWritten = 0;
  return {
    async begin(statement) {
      const opened = client.query(copyFrom(statement));
      stream = opened;
      failure = new Promise<never>((_resolve, reject) => {
        opened.on("error", reject);
        lost.catch(reject);
      });
      failure.catch(() => undefined); // every wait below races with it
      tables += 1;
    },
    async write(bytes) {
      if (stream === null || stream.write(bytes)) return;
      await Promise.race([once(stream, "drain"), failure]);
    },
    async end() {
      if (stream === null) return;
      stream.end();
      await Promise.race([finished(stream), failure]);
      rowsWritten += stream.rowCount;
      stream = null;
    },
    async cancel() {
      const open = stream;
      stream = null;
      if (open === null || open.errored !== null) return;
      open.destroy(new Error("the restore was given up"));
      await Promise.race([finished(open), failure]).catch(() => undefined);
    },
    sums: () => ({ tables, rowsWritten }),
  };
}
