-- The second wall between tenants: PostgreSQL itself shows a transaction its own tenant's rows, whatever a query forgot [TENANT-3].
-- Three roles use the tables, none owns anything and none may bypass the wall (they are made before migrating, cloud/db/roles):
--   trapline_app     people's requests: the rows of one tenant, named per transaction, some of them only those of one person;
--   trapline_ingest  what a trap says, in its tenant: few tables, few columns;
--   trapline_system  what belongs to no tenant yet or to several: logging in, claiming, sweeping. A door per table, and no other table.
-- FORCE binds the owner as well. Migrations and backups must see every row, and say so by a policy of their own, owner_all.

-- UP
-- NULL outside a tenant's transaction; then no row is anybody's.
CREATE FUNCTION current_tenant_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('app.current_tenant_id', true), '')::uuid;
CREATE FUNCTION current_user_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('app.current_user_id', true), '')::uuid;

DO $$
DECLARE
  walled text;
BEGIN
  FOR walled IN
    SELECT c.relname FROM pg_class AS c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relrowsecurity
      AND c.relname NOT LIKE 'schema\_%'
    ORDER BY c.relname
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', walled);
    EXECUTE format('CREATE POLICY owner_all ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', walled);
  END LOOP;
  FOREACH walled IN ARRAY ARRAY[
    'user_tenant_memberships', 'membership_roles', 'sites', 'user_site_assignments', 'tenant_invitations', 'sessions',
    'refresh_tokens', 'api_keys', 'subscriptions', 'billing_events', 'devices', 'device_properties', 'device_claiming_queue',
    'claim_codes', 'device_event_keys', 'device_events', 'device_alerts', 'tasks', 'device_sessions', 'device_commands',
    'device_updates', 'firmware_rollouts', 'audit_logs', 'activity_logs', 'webhooks', 'webhook_deliveries', 'oauth_tokens',
    'alexa_lwa_tokens', 'ifttt_trigger_subscriptions'
  ] LOOP
    EXECUTE format('CREATE POLICY tenant_wall ON %I TO trapline_app, trapline_ingest '
      || 'USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id())', walled);
  END LOOP;
  -- Within the tenant, what is one person's own.
  FOREACH walled IN ARRAY ARRAY['refresh_tokens', 'oauth_tokens', 'alexa_lwa_tokens', 'ifttt_trigger_subscriptions'] LOOP
    EXECUTE format('CREATE POLICY user_wall ON %I AS RESTRICTIVE TO trapline_app '
      || 'USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id())', walled);
  END LOOP;
  FOREACH walled IN ARRAY ARRAY[
    'tenants', 'users', 'user_identities', 'user_tenant_memberships', 'roles', 'tenant_invitations', 'sessions', 'refresh_tokens',
    'api_keys', 'subscriptions', 'billing_events', 'device_identities', 'device_challenges', 'devices', 'device_claiming_queue',
    'claim_codes', 'device_alerts', 'device_sessions', 'firmware_versions', 'audit_logs', 'activity_logs', 'webhooks',
    'webhook_deliveries', 'oauth_clients', 'oauth_tokens', 'alexa_lwa_tokens', 'ifttt_trigger_subscriptions'
  ] LOOP
    EXECUTE format('CREATE POLICY system_door ON %I TO trapline_system USING (true) WITH CHECK (true)', walled);
  END LOOP;
END;
$$;

-- What is a tenant's in another way than by a tenant_id, and what everybody may read.
CREATE POLICY tenant_wall ON tenants TO trapline_app, trapline_ingest
  USING (id = current_tenant_id()) WITH CHECK (id = current_tenant_id());
CREATE POLICY members_read ON users FOR SELECT TO trapline_app, trapline_ingest USING (
  id = current_user_id() OR EXISTS (
    SELECT FROM user_tenant_memberships AS m WHERE m.user_id = users.id AND m.tenant_id = current_tenant_id()
  )
);
CREATE POLICY own_row ON users FOR UPDATE TO trapline_app USING (id = current_user_id()) WITH CHECK (id = current_user_id());
CREATE POLICY own_rows ON user_identities TO trapline_app
  USING (user_id = current_user_id()) WITH CHECK (user_id = current_user_id());
CREATE POLICY tenant_wall ON roles TO trapline_app
  USING (tenant_id = current_tenant_id()) WITH CHECK (tenant_id = current_tenant_id());
CREATE POLICY built_in_read ON roles FOR SELECT TO trapline_app USING (tenant_id IS NULL);
CREATE POLICY tenant_wall ON firmware_versions TO trapline_app, trapline_ingest
  USING (tenant_id = current_tenant_id() AND NOT global) WITH CHECK (tenant_id = current_tenant_id() AND NOT global);
CREATE POLICY shared_read ON firmware_versions FOR SELECT TO trapline_app, trapline_ingest USING (global);
CREATE POLICY own_traps ON device_identities TO trapline_app USING (
  EXISTS (
    SELECT FROM devices AS d
    WHERE d.serial_number = device_identities.serial_number AND d.tenant_id = current_tenant_id() AND d.unclaimed_at IS NULL
  )
);
CREATE POLICY everybody_reads ON oauth_clients FOR SELECT TO trapline_app USING (is_active);
-- Who did something is who does it.
CREATE POLICY own_name ON audit_logs AS RESTRICTIVE FOR INSERT TO trapline_app WITH CHECK (user_id IS NOT DISTINCT FROM current_user_id());

-- Grants -----------------------------------------------------------------------------------------------------------------

-- PostgreSQL 14 and older let everybody make things there, and a database keeps that through an upgrade.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO trapline_app, trapline_ingest, trapline_system;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;
GRANT EXECUTE ON FUNCTION shared_scope(), current_tenant_id(), current_user_id()
  TO trapline_app, trapline_ingest, trapline_system;

-- Nobody but the owner deletes what has a history.
GRANT SELECT, UPDATE (name, settings, metadata) ON tenants TO trapline_app;
GRANT SELECT (id, email, name, username, first_name, last_name, avatar_url, user_type, email_verified, last_login_at, settings, is_active,
    created_at, updated_at),
  UPDATE (name, username, first_name, last_name, avatar_url, settings) ON users TO trapline_app;
GRANT SELECT, DELETE ON user_identities TO trapline_app;
GRANT SELECT, INSERT, UPDATE (role, role_scope_id, status) ON user_tenant_memberships TO trapline_app;
GRANT SELECT, INSERT, UPDATE ON roles, sites, tenant_invitations, api_keys, claim_codes, tasks, firmware_versions, firmware_rollouts,
  device_updates, device_commands, webhooks, ifttt_trigger_subscriptions TO trapline_app;
GRANT SELECT, INSERT, DELETE ON membership_roles, user_site_assignments TO trapline_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON device_properties, alexa_lwa_tokens TO trapline_app;
-- Whose a trap is, and by what it is known, is not a matter of people's requests.
GRANT SELECT, UPDATE (name, status, site_id, place, description, manufacturer, model, alexa_display_categories, alexa_capabilities,
    desired_config, config_revision, online, mqtt_password, unclaimed_at, metadata, is_active) ON devices TO trapline_app;
GRANT SELECT, UPDATE (alert_status, acknowledged_at, acknowledged_by, resolved_at, resolved_by, escalation_level, escalated_at,
    next_escalation_at) ON device_alerts TO trapline_app;
GRANT SELECT, UPDATE (ended_at, end_reason) ON device_sessions TO trapline_app;
GRANT SELECT, UPDATE (revoked_at) ON sessions, oauth_tokens TO trapline_app;
GRANT SELECT, UPDATE (is_active, revoked_at) ON refresh_tokens TO trapline_app;
GRANT SELECT, DELETE ON device_claiming_queue TO trapline_app;
GRANT SELECT (serial_number, mac_address, hardware, kind), UPDATE (updated_at) ON device_identities TO trapline_app;
GRANT SELECT ON device_events, subscriptions, billing_events TO trapline_app;
GRANT SELECT, INSERT ON webhook_deliveries TO trapline_app;
GRANT SELECT ON audit_logs, activity_logs TO trapline_app;
-- When something happened is when it is written down.
GRANT INSERT (tenant_id, user_id, action, resource_type, resource_id, old_values, new_values, details, result, error_message, ip_address,
    user_agent) ON audit_logs TO trapline_app, trapline_system;
GRANT INSERT (tenant_id, user_id, device_id, action, details, source, ip_address, user_agent) ON activity_logs
  TO trapline_app, trapline_ingest, trapline_system;
GRANT SELECT (id, client_id, name, type, redirect_uris, allowed_scopes, is_active) ON oauth_clients TO trapline_app;
GRANT USAGE ON SEQUENCE device_commands_id_seq TO trapline_app;

GRANT SELECT, UPDATE (online, last_seen, boot_id, session, firmware_version, firmware_sha256, hardware, trap_state, battery_mv, rssi,
    reported_config, reported_revision, desired_config, config_revision) ON devices TO trapline_ingest;
GRANT SELECT, INSERT ON device_event_keys, device_events TO trapline_ingest;
GRANT SELECT, INSERT, UPDATE (alert_status, resolved_at, resolved_by) ON device_alerts TO trapline_ingest;
GRANT SELECT, INSERT, UPDATE (last_heard_at, ended_at, end_reason) ON device_sessions TO trapline_ingest;
GRANT SELECT, UPDATE (sent_at, answered_at, code) ON device_commands TO trapline_ingest;
GRANT SELECT, UPDATE (status, received, code, boot_id_at_offer, booted_at) ON device_updates TO trapline_ingest;
GRANT SELECT (id, tenant_id, scope_id, global, type, version, sha256, size, created_at) ON firmware_versions TO trapline_ingest;
GRANT SELECT, INSERT, UPDATE (value, last_changed_by, last_changed_at) ON device_properties TO trapline_ingest;
GRANT SELECT (id, email, name) ON users TO trapline_ingest;
GRANT SELECT (user_id, tenant_id) ON user_tenant_memberships TO trapline_ingest;

GRANT SELECT, INSERT ON tenants TO trapline_system;
GRANT SELECT, INSERT, UPDATE ON users, user_identities, user_tenant_memberships, subscriptions, billing_events, devices
  TO trapline_system;
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions, refresh_tokens, oauth_tokens, device_claiming_queue, webhook_deliveries
  TO trapline_system;
GRANT SELECT, INSERT, DELETE ON device_challenges TO trapline_system;
GRANT SELECT, INSERT, UPDATE (updated_at) ON device_identities TO trapline_system;
GRANT SELECT, UPDATE ON tenant_invitations, claim_codes TO trapline_system;
GRANT SELECT, UPDATE (last_used_at) ON api_keys TO trapline_system;
GRANT SELECT, UPDATE (alert_status, resolved_at, resolved_by) ON device_alerts TO trapline_system;
GRANT SELECT, UPDATE (last_heard_at, ended_at, end_reason) ON device_sessions TO trapline_system;
GRANT SELECT, UPDATE (last_triggered_at, last_status_code, failure_count) ON webhooks TO trapline_system;
GRANT SELECT ON roles, firmware_versions, oauth_clients, alexa_lwa_tokens, ifttt_trigger_subscriptions, schema_migrations
  TO trapline_system;
GRANT USAGE ON SEQUENCE device_claiming_queue_id_seq TO trapline_system;
GRANT EXECUTE ON FUNCTION cleanup_expired_claiming_devices(), ensure_partitions(integer), drop_partitions(text, timestamptz),
  delete_event_keys(timestamptz, integer), spend_refresh_token(char, char, timestamptz) TO trapline_system;
GRANT EXECUTE ON FUNCTION revoke_refresh_tokens(uuid) TO trapline_app, trapline_system;

-- DOWN
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM trapline_app, trapline_ingest, trapline_system;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM trapline_app, trapline_ingest, trapline_system;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM trapline_app, trapline_ingest, trapline_system;
REVOKE USAGE ON SCHEMA public FROM trapline_app, trapline_ingest, trapline_system;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO PUBLIC;
REVOKE ALL ON FUNCTION create_partition(text, text, timestamptz), ensure_partitions(integer), drop_partitions(text, timestamptz),
  delete_event_keys(timestamptz, integer) FROM PUBLIC;

DO $$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public' AND tablename !~ '_[0-9]{4}_[0-9]{2}$' LOOP
    EXECUTE format('DROP POLICY %I ON %I', one.policyname, one.tablename);
  END LOOP;
  FOR one IN
    SELECT c.relname FROM pg_class AS c
    WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity AND c.relname !~ '_[0-9]{4}_[0-9]{2}$'
  LOOP
    EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY', one.relname);
  END LOOP;
END;
$$;

DROP FUNCTION current_user_id();
DROP FUNCTION current_tenant_id();
