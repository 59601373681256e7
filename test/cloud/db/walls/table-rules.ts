// Rules of columns: times that are kept and mean one moment, soft deletion that says when, and words that are listed.
import type { CatalogueRule } from "./catalogue-rule.ts";

const LOG = "append-only: a row never changes";
const RECORD = "the migrator's own record";

const timesAreKept: CatalogueRule = {
  name: "every table has created_at, and updated_at with its trigger",
  reason: "when a row came and when it changed last is the first question anybody asks of it",
  offences: `
    SELECT t.name || ': ' || wanted.name FROM tables t CROSS JOIN (VALUES ('created_at'), ('updated_at')) AS wanted (name)
      WHERE NOT t.is_partition AND NOT EXISTS (
        SELECT FROM columns c WHERE c.table_oid = t.oid AND c.name = wanted.name AND c.is_required AND c.type = 'timestamp with time zone'
      )
    UNION ALL
    SELECT c.table_name || ': no trigger' FROM columns c
      WHERE c.name = 'updated_at' AND NOT c.is_partition AND NOT EXISTS (
        SELECT FROM pg_trigger g WHERE g.tgrelid = c.table_oid AND g.tgfoid = to_regproc('set_updated_at') AND g.tgenabled = 'O'
          AND g.tgtype & 1 = 1 AND g.tgtype & 2 = 2 AND g.tgtype & 16 = 16 AND g.tgattr = '' AND g.tgqual IS NULL
      )`,
  allowed: {
    "device_events: updated_at": LOG,
    "audit_logs: updated_at": LOG,
    "activity_logs: updated_at": LOG,
    "device_event_keys: created_at": "received_at is when it came",
    "device_event_keys: updated_at": LOG,
    "device_challenges: created_at": "lives for a minute; used_at is when it came",
    "device_challenges: updated_at": "lives for a minute, and is never changed",
    "former_values: updated_at":
      "what rows of the mousetrap product held before; kept for the way back, and never changed",
    "schema_migrations: created_at": RECORD,
    "schema_migrations: updated_at": RECORD,
    "schema_checkpoints: updated_at": RECORD,
  },
  broken: [
    { by: "DROP TRIGGER sites_updated ON sites", offence: "sites: no trigger" },
    { by: "ALTER TABLE sites DISABLE TRIGGER sites_updated", offence: "sites: no trigger" },
    {
      by: `DROP TRIGGER sites_updated ON sites;
        CREATE TRIGGER sites_updated BEFORE UPDATE OF name ON sites FOR EACH ROW EXECUTE FUNCTION set_updated_at()`,
      offence: "sites: no trigger",
    },
    { by: "ALTER TABLE tasks DROP COLUMN updated_at", offence: "tasks: updated_at" },
    { by: "ALTER TABLE tasks ALTER created_at DROP NOT NULL", offence: "tasks: created_at" },
    { by: "CREATE TABLE left_open (id uuid)", offence: "left_open: created_at" },
  ],
};

const deletionSaysWhen: CatalogueRule = {
  name: "what can be inactive says since when, by a trigger",
  reason: "a row that people deleted stays for its history, and the history needs the moment",
  offences: `
    SELECT c.table_name FROM columns c WHERE c.name = 'is_active' AND NOT c.is_partition AND NOT (
      c.is_required
      AND EXISTS (
        SELECT FROM columns d JOIN pg_trigger g ON g.tgrelid = d.table_oid
        WHERE d.table_oid = c.table_oid AND d.name = 'deleted_at' AND d.type = 'timestamp with time zone'
          AND g.tgfoid = to_regproc('set_deleted_at') AND g.tgenabled = 'O' AND g.tgtype & 23 = 23 AND g.tgqual IS NULL
          AND (g.tgattr = '' OR g.tgattr::int2[] @> ARRAY[c.number, d.number])
      )
    )`,
  allowed: {
    refresh_tokens: "it is revoked, not deleted: revoked_at says when, and a check keeps the two together",
  },
  broken: [
    { by: "DROP TRIGGER sites_deleted ON sites", offence: "sites" },
    { by: "ALTER TABLE tasks DROP COLUMN deleted_at CASCADE", offence: "tasks" },
    {
      by: `DROP TRIGGER roles_deleted ON roles;
        CREATE TRIGGER roles_deleted BEFORE INSERT OR UPDATE OF is_active ON roles FOR EACH ROW EXECUTE FUNCTION set_deleted_at()`,
      offence: "roles",
    },
    {
      by: `DROP TRIGGER webhooks_deleted ON webhooks;
        CREATE TRIGGER webhooks_deleted BEFORE INSERT ON webhooks FOR EACH ROW EXECUTE FUNCTION set_deleted_at()`,
      offence: "webhooks",
    },
  ],
};

const momentsAreMoments: CatalogueRule = {
  name: "every time is a moment: timestamp with time zone",
  reason: "without a zone it means another moment to every reader",
  offences: `
    SELECT table_name || '.' || name FROM columns WHERE type ~ '^(timestamp without|time |date$)' AND NOT is_partition`,
  broken: [
    { by: "ALTER TABLE tasks ADD COLUMN begun_at timestamp", offence: "tasks.begun_at" },
    { by: "ALTER TABLE tasks ADD COLUMN day date", offence: "tasks.day" },
  ],
};

const wordsAreListed: CatalogueRule = {
  name: "a column that holds one of several words lists them in a check",
  reason: "a word that nobody knows is found by whoever reads it, years later",
  offences: `
    SELECT c.table_name || '.' || c.name FROM columns c
    WHERE NOT c.is_partition AND c.type ~ '^(character|text)' AND c.type !~ '\\[\\]$'
      AND c.name ~ '(^|_)(status|state|type|kind|severity|priority|tier|region|reason|result|source|action|provider|command|changed_by)$'
      AND NOT EXISTS (
        SELECT FROM pg_constraint k WHERE k.conrelid = c.table_oid AND k.contype = 'c' AND k.convalidated AND k.conkey = ARRAY[c.number]
          AND pg_get_constraintdef(k.oid) ~ '(= ANY \\(|= '')'
      )`,
  allowed: {
    "billing_events.type": "the payment provider's words, kept as they came",
    "audit_logs.resource_type": "the name of a table or of a thing outside of them",
    "alexa_lwa_tokens.token_type": "Amazon's word, sent back as it came",
    "ifttt_trigger_subscriptions.trigger_type": "the slug of a trigger, which IFTTT and the cloud agree on",
    "webhook_deliveries.event_type": "the name of an event, as the webhook asked for it",
  },
  broken: [
    { by: "ALTER TABLE tasks DROP CONSTRAINT tasks_status_listed", offence: "tasks.status" },
    { by: "ALTER TABLE sites ADD COLUMN kind varchar(20)", offence: "sites.kind" },
    { by: "ALTER TABLE sites ADD COLUMN kind varchar(20) CHECK (kind <> '')", offence: "sites.kind" },
    {
      by: `ALTER TABLE tasks DROP CONSTRAINT tasks_priority_listed,
        ADD CONSTRAINT tasks_priority_listed CHECK (priority IN ('low', 'high')) NOT VALID`,
      offence: "tasks.priority",
    },
  ],
};

const mattersHaveMetadata: CatalogueRule = {
  name: "tenants, users, sites and devices have metadata",
  reason: "what a customer wants to keep of them has a place, without a column for each wish",
  offences: `
    SELECT wanted FROM unnest(ARRAY['tenants', 'users', 'sites', 'devices']) AS wanted WHERE NOT EXISTS (
      SELECT FROM columns c WHERE c.table_name = wanted AND c.name = 'metadata' AND c.type = 'jsonb' AND c.is_required
    )`,
  broken: [{ by: "ALTER TABLE sites DROP COLUMN metadata", offence: "sites" }],
};

const logsAreAppendOnly: CatalogueRule = {
  name: "a log by month refuses to be changed, and nobody may delete from it",
  reason: "what happened is not rewritten; time takes it away by the month",
  offences: `
    SELECT t.name || ': may be changed' FROM tables t JOIN pg_partitioned_table p ON p.partrelid = t.oid
      WHERE NOT EXISTS (
        SELECT FROM pg_trigger g WHERE g.tgrelid = t.oid AND g.tgfoid = to_regproc('refuse_change') AND g.tgenabled = 'O' AND g.tgtype & 19 = 19
      )
    UNION ALL
    SELECT format('%s: %s of %s', r.name, lower(g.privilege), g.table_name) FROM grants g JOIN roles r ON r.oid = g.grantee
      WHERE g.table_oid IN (SELECT partrelid FROM pg_partitioned_table) AND g.privilege IN ('UPDATE', 'DELETE')
    UNION ALL
    SELECT t.name || ': has no default partition' FROM tables t JOIN pg_partitioned_table p ON p.partrelid = t.oid WHERE p.partdefid = 0`,
  broken: [
    { by: "DROP TRIGGER device_events_append_only ON device_events", offence: "device_events: may be changed" },
    { by: "GRANT DELETE ON audit_logs TO trapline_system", offence: "trapline_system: delete of audit_logs" },
    { by: "GRANT UPDATE (details) ON audit_logs TO trapline_app", offence: "trapline_app: update of audit_logs" },
    { by: "DROP TABLE activity_logs_default", offence: "activity_logs: has no default partition" },
  ],
};

export const TABLE_RULES: CatalogueRule[] = [
  timesAreKept,
  deletionSaysWhen,
  momentsAreMoments,
  wordsAreListed,
  mattersHaveMetadata,
  logsAreAppendOnly,
];
