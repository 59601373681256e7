// Rules of functions and views: what looks past the walls on its owner's behalf is known, cannot be misled and is told no tenant.
import type { CatalogueRule } from "./catalogue-rule.ts";

const definersAreKnown: CatalogueRule = {
  name: "every function that runs as its owner is known",
  reason: "it sees every tenant's rows, whoever calls it",
  offences: "SELECT name FROM functions WHERE is_definer",
  allowed: {
    check_device_limit: "whoever claims need not read subscriptions; asks for the row's own tenant",
    open_visit: "what raises an alert need not write tasks; writes for the alert's own tenant",
    close_visit: "what settles an alert need not write tasks; writes for the alert's own tenant",
    create_partition: "makes tables, as nobody but the owner may; called by ensure_partitions alone",
    ensure_partitions: "makes tables, as nobody but the owner may",
    drop_partitions: "drops tables, as nobody but the owner may, and only what retention may take",
    delete_event_keys: "deletes what retention may take, of a table that the scheduler need not read",
  },
  broken: [
    {
      by: "CREATE FUNCTION careless() RETURNS bigint LANGUAGE sql SECURITY DEFINER RETURN 1",
      offence: "careless",
    },
    {
      by: "ALTER FUNCTION cleanup_expired_claiming_devices() SECURITY DEFINER",
      offence: "cleanup_expired_claiming_devices",
    },
  ],
};

const definersArePinned: CatalogueRule = {
  name: "a function that runs as its owner looks names up in pg_catalog alone, and never first among temporary ones",
  reason:
    "otherwise its caller decides what its words mean, down to a type called text with a check of the caller's own",
  offences: `
    SELECT f.name FROM functions f
    WHERE f.is_definer AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (f.settings), false)`,
  broken: [
    { by: "ALTER FUNCTION open_visit() RESET search_path", offence: "open_visit" },
    { by: "ALTER FUNCTION open_visit() SET search_path = pg_catalog, public", offence: "open_visit" },
    { by: 'ALTER FUNCTION open_visit() SET search_path = "$user", public', offence: "open_visit" },
  ],
};

const definersTakeNoTenant: CatalogueRule = {
  name: "a function that runs as its owner takes neither a tenant nor the id of a row from its caller",
  reason: "its caller could name another tenant's",
  offences: `
    SELECT f.name FROM functions f WHERE f.is_definer AND (
      'uuid'::regtype = ANY (f.argument_types) OR 'uuid[]'::regtype = ANY (f.argument_types)
      OR EXISTS (SELECT FROM unnest(f.argument_names) AS argument WHERE argument ~* '(tenant|user|device)')
    )`,
  broken: [
    {
      by: "CREATE FUNCTION peek(wanted uuid) RETURNS bigint LANGUAGE sql SECURITY DEFINER RETURN 1",
      offence: "peek",
    },
    {
      by: "CREATE FUNCTION peek(tenant_name text) RETURNS bigint LANGUAGE sql SECURITY DEFINER RETURN 1",
      offence: "peek",
    },
  ],
};

const EVERY_ROLE = "the walls and the columns that say whose a row is are written with it";

const callersAreKnown: CatalogueRule = {
  name: "every function that a role may call is known",
  reason: "functions are everybody's in PostgreSQL unless somebody says otherwise",
  offences: `
    SELECT format('%s: %s', r.name, f.name) FROM functions f, roles r WHERE has_function_privilege(r.oid, f.oid, 'EXECUTE')`,
  allowed: {
    "trapline_app: current_tenant_id": EVERY_ROLE,
    "trapline_app: current_user_id": EVERY_ROLE,
    "trapline_app: shared_scope": EVERY_ROLE,
    "trapline_app: revoke_refresh_tokens": "logging out; sees the person's own tokens alone",
    "trapline_ingest: current_tenant_id": EVERY_ROLE,
    "trapline_ingest: current_user_id": EVERY_ROLE,
    "trapline_ingest: shared_scope": EVERY_ROLE,
    "trapline_system: current_tenant_id": EVERY_ROLE,
    "trapline_system: current_user_id": EVERY_ROLE,
    "trapline_system: shared_scope": EVERY_ROLE,
    "trapline_system: cleanup_expired_claiming_devices": "closes windows that are over",
    "trapline_system: ensure_partitions": "the scheduler makes the months to come",
    "trapline_system: drop_partitions": "the scheduler drops what retention gives up; it refuses the last two months",
    "trapline_system: delete_event_keys":
      "the scheduler deletes the keys of what was dropped; it refuses the same months",
    "trapline_system: spend_refresh_token": "logging in again, before any tenant is known",
    "trapline_system: revoke_refresh_tokens": "suspending a person",
  },
  broken: [
    {
      by: "GRANT EXECUTE ON FUNCTION drop_partitions(text, timestamptz) TO trapline_app",
      offence: "trapline_app: drop_partitions",
    },
    {
      by: "CREATE FUNCTION careless() RETURNS integer LANGUAGE sql RETURN 1",
      offence: "trapline_ingest: careless",
    },
  ],
};

const viewsAreTheCallers: CatalogueRule = {
  name: "every view looks with its caller's eyes, and nothing is materialized",
  reason: "a view reads as its owner unless it is told otherwise, and what is materialized has no walls at all",
  offences: `
    SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
      AND (c.relkind IN ('m', 'f') OR (c.relkind = 'v' AND NOT coalesce(c.reloptions && ARRAY['security_invoker=true', 'security_invoker=on'], false)))`,
  broken: [
    { by: "CREATE VIEW all_sites AS SELECT * FROM sites", offence: "all_sites" },
    { by: "CREATE VIEW all_sites WITH (security_invoker = false) AS SELECT * FROM sites", offence: "all_sites" },
    { by: "CREATE MATERIALIZED VIEW all_sites AS SELECT * FROM sites", offence: "all_sites" },
  ],
};

export const FUNCTION_RULES: CatalogueRule[] = [
  definersAreKnown,
  definersArePinned,
  definersTakeNoTenant,
  callersAreKnown,
  viewsAreTheCallers,
];
