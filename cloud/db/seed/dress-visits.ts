// Says what became of the visits that a trigger opened for the sample's alerts in this very run; those of earlier runs are people's by now.
import type pg from "pg";
import type { SampleRow } from "./sample-table.ts";

/** So many visits of the sample's open alerts there are, and so many of them came in this run. */
export interface DressedVisits {
  there: number;
  dressed: number;
}

/**
 * @param rows id, alert_id, status, assignee_id and created_at of each visit
 * @param alertIds the alerts that came in this run
 */
export async function dressVisits(client: pg.Client, rows: SampleRow[], alertIds: string[]): Promise<DressedVisits> {
  const dressed = await client.query(
    `UPDATE tasks SET id = sample.id, status = sample.status, assignee_id = sample.assignee_id, created_at = sample.created_at
      FROM jsonb_populate_recordset(NULL::tasks, $1) AS sample
      WHERE tasks.alert_id = sample.alert_id AND sample.alert_id = ANY ($2)`,
    [JSON.stringify(rows), alertIds],
  );
  const counted = await client.query<{ there: number }>(
    "SELECT count(*)::int AS there FROM tasks WHERE alert_id = ANY ($1)",
    [rows.map((row) => row.alert_id)],
  );
  return { there: counted.rows[0]?.there ?? 0, dressed: dressed.rowCount ?? 0 };
}
