// Fills the log of events in the big database: of each trap four or five in every month, in the order of the keys, so that the indexes
// are made of what is sorted already; and the many of the one trap that never stops.
import { CHATTER_EVENTS, CHATTERBOX, EVENTS_PER_TRAP, LAST_BOOT, MONTHS, sqlTenantOf, TRAPS } from "./hot-counts.ts";
import { hotBoot, sqlId } from "./hot-ids.ts";

/** Of each trap in each month; the last months take what is left over. */
const PER_MONTH = Math.floor(EVENTS_PER_TRAP / MONTHS);
const FIRST_WITH_MORE = MONTHS - (EVENTS_PER_TRAP % MONTHS);
const MONTHS_PER_BOOT = MONTHS / LAST_BOOT;

/** Trap and tenant are named once for each trap: OFFSET 0 keeps the planner from doing it for each event. */
const TRAPS_NAMED = `(SELECT n, ${sqlId("trap", "n")} AS device_id, ${sqlId("tenant", sqlTenantOf("n"))} AS tenant_id
  FROM generate_series(1, ${TRAPS}) AS n OFFSET 0) AS d`;

interface Slice {
  month: number;
  /** The first sequence of each trap in this month, and how many it has. */
  first: number;
  count: number;
  boot: string;
}

function listSlices(): Slice[] {
  const slices: Slice[] = [];
  let first = 0;
  for (let month = 0; month < MONTHS; month += 1) {
    const count = month < FIRST_WITH_MORE ? PER_MONTH : PER_MONTH + 1;
    slices.push({ month, first, count, boot: hotBoot(1 + Math.floor(month / MONTHS_PER_BOOT)) });
    first += count;
  }
  return slices;
}

/** When the j-th event of trap n was received in a month that begins at `begin`. */
function sqlReceived(begin: string, n: string, j: string): string {
  return `${begin} + interval '1 second' * (${j} * 432000 + ${n} % 86400)`;
}

/** The events of the one trap in the last month, after its others. */
const CHATTER_TENANT = sqlId("tenant", sqlTenantOf(`${CHATTERBOX}`));
const CHATTER_FIRST = 1_000;
const sqlChatterAt = (begin: string) => `${begin} + interval '1 second' * (${5 * 432_000} + 2 * n)`;

/** One statement for each month, straight into its partition. @param months their first moments, as expressions of SQL */
export function listEventFillings(months: string[], partitions: string[]): string[] {
  return listSlices().map(({ month, first, count, boot }) => {
    const [begin, partition] = [months[month], partitions[month]];
    const chatter = `UNION ALL SELECT ${sqlId("event", `${MONTHS * TRAPS * 8 + 8} + n`)}, ${CHATTER_TENANT}, ${sqlId("trap", `${CHATTERBOX}`)},
      ${CHATTER_FIRST} + n, 'battery-low', ${sqlChatterAt(begin ?? "")} FROM generate_series(1, ${CHATTER_EVENTS}) AS n`;
    return `INSERT INTO ${partition} (id, tenant_id, device_id, boot_id, sequence, kind, age_ms, exact, received_at, occurred_earliest,
        occurred_latest, created_at)
      SELECT id, tenant_id, device_id, '${boot}', sequence, kind, 1000, true, at, at - interval '1 minute', at - interval '1 second', at FROM (
        SELECT ${sqlId("event", `(${month * TRAPS} + n) * 8 + j`)} AS id, tenant_id, device_id, ${first} + j AS sequence,
          CASE j WHEN 0 THEN 'sprung' WHEN 1 THEN 'silenced' WHEN 2 THEN 'rearmed' ELSE 'armed' END AS kind, ${sqlReceived(begin ?? "", "n", "j")} AS at
        FROM (SELECT d.*, generate_series(0, ${count - 1}) AS j FROM ${TRAPS_NAMED}) AS e
        ${month === MONTHS - 1 ? chatter : ""}) AS events`;
  });
}

/** The keys of all of them. */
export function createKeyFilling(months: string[]): string {
  const values = listSlices().flatMap(({ month, first, count, boot }) =>
    Array.from({ length: count }, (_none, j) => `(${first + j}, ${j}, '${boot}', ${months[month]})`),
  );
  return `INSERT INTO device_event_keys (tenant_id, device_id, boot_id, sequence, received_at)
    SELECT d.tenant_id, d.device_id, s.boot_id, s.sequence, ${sqlReceived("s.begin", "d.n", "s.j")}
    FROM ${TRAPS_NAMED} JOIN LATERAL (SELECT * FROM (VALUES ${values.join(", ")}) AS v (sequence, j, boot_id, begin) WHERE d.n > 0) AS s ON true
    UNION ALL SELECT ${CHATTER_TENANT}, ${sqlId("trap", `${CHATTERBOX}`)}, '${hotBoot(LAST_BOOT)}', ${CHATTER_FIRST} + n,
      ${sqlChatterAt(months[MONTHS - 1] ?? "")} FROM generate_series(1, ${CHATTER_EVENTS}) AS n`;
}
