-- What other programs are told and may ask: webhooks with their deliveries, OAuth clients and tokens, Alexa and IFTTT. Tokens that only have
-- to be recognised lie here as SHA-256; secrets that have to be used are sealed by the cloud before they get here.

-- UP
CREATE TABLE webhooks (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id uuid NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  created_by uuid REFERENCES users (id) ON DELETE SET NULL,
  device_id uuid,
  url varchar(2048) NOT NULL,
  events text[] NOT NULL,
  secret_sealed bytea NOT NULL,
  headers jsonb NOT NULL DEFAULT '{}',
  last_triggered_at timestamptz,
  last_status_code integer,
  failure_count integer NOT NULL DEFAULT 0,
  is_active boolean NOT NULL DEFAULT true,
  deleted_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, id),
  FOREIGN KEY (tenant_id, device_id) REFERENCES devices (tenant_id, id) ON DELETE CASCADE,
  CONSTRAINT webhooks_some_events CHECK (cardinality(events) > 0)
);
CREATE INDEX webhooks_device ON webhooks (tenant_id, device_id);

CREATE TABLE webhook_deliveries (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id uuid NOT NULL,
  webhook_id uuid NOT NULL,
  event_type varchar(50) NOT NULL,
  payload jsonb NOT NULL,
  status varchar(20) NOT NULL DEFAULT 'pending'
    CONSTRAINT webhook_deliveries_status_listed CHECK (status IN ('pending', 'delivered', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  status_code integer,
  error_message text,
  next_attempt_at timestamptz,
  delivered_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (tenant_id, webhook_id) REFERENCES webhooks (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_deliveries_newest ON webhook_deliveries (tenant_id, webhook_id, created_at DESC);
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (next_attempt_at) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_done ON webhook_deliveries (created_at) WHERE status <> 'pending';

CREATE TABLE oauth_clients (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  client_id varchar(255) NOT NULL UNIQUE,
  client_secret_hash varchar(255) NOT NULL,
  name varchar(255) NOT NULL,
  type varchar(20) NOT NULL CONSTRAINT oauth_clients_type_listed CHECK (type IN ('web', 'alexa', 'ifttt', 'mobile')),
  redirect_uris text[] NOT NULL,
  allowed_scopes text[] NOT NULL DEFAULT '{read,write}',
  access_token_lifetime integer NOT NULL DEFAULT 3600,
  refresh_token_lifetime integer NOT NULL DEFAULT 0,
  is_active boolean NOT NULL DEFAULT true,
  deleted_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE oauth_tokens (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  client_id uuid NOT NULL REFERENCES oauth_clients (id) ON DELETE CASCADE,
  access_token_hash char(64) NOT NULL UNIQUE,
  access_token_expires_at timestamptz NOT NULL,
  refresh_token_hash char(64) UNIQUE,
  refresh_token_expires_at timestamptz,
  scope text[] NOT NULL DEFAULT '{read,write}',
  revoked_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (tenant_id, user_id) REFERENCES user_tenant_memberships (tenant_id, user_id) ON DELETE CASCADE
);
CREATE INDEX oauth_tokens_member ON oauth_tokens (tenant_id, user_id);
CREATE INDEX oauth_tokens_client ON oauth_tokens (client_id);
CREATE INDEX oauth_tokens_expires_at ON oauth_tokens (access_token_expires_at);

CREATE TABLE alexa_lwa_tokens (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  access_token_sealed bytea NOT NULL,
  refresh_token_sealed bytea NOT NULL,
  access_token_expires_at timestamptz NOT NULL,
  token_type varchar(50) NOT NULL DEFAULT 'Bearer',
  scope text,
  region varchar(20) NOT NULL DEFAULT 'NA'
    CONSTRAINT alexa_lwa_tokens_region_listed CHECK (region IN ('NA', 'EU', 'FE')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, user_id, region),
  FOREIGN KEY (tenant_id, user_id) REFERENCES user_tenant_memberships (tenant_id, user_id) ON DELETE CASCADE
);

CREATE TABLE ifttt_trigger_subscriptions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  tenant_id uuid NOT NULL,
  user_id uuid NOT NULL,
  trigger_type varchar(100) NOT NULL,
  trigger_fields jsonb NOT NULL DEFAULT '{}',
  trigger_identity varchar(255) NOT NULL,
  ifttt_source jsonb,
  is_active boolean NOT NULL DEFAULT true,
  deleted_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, trigger_identity),
  FOREIGN KEY (tenant_id, user_id) REFERENCES user_tenant_memberships (tenant_id, user_id) ON DELETE CASCADE
);
CREATE INDEX ifttt_trigger_subscriptions_member ON ifttt_trigger_subscriptions (tenant_id, user_id);
CREATE INDEX ifttt_trigger_subscriptions_identity ON ifttt_trigger_subscriptions (trigger_identity);
CREATE INDEX ifttt_trigger_subscriptions_type ON ifttt_trigger_subscriptions (tenant_id, trigger_type);

CREATE TRIGGER webhooks_updated BEFORE UPDATE ON webhooks FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER webhook_deliveries_updated BEFORE UPDATE ON webhook_deliveries
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER oauth_clients_updated BEFORE UPDATE ON oauth_clients FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER oauth_tokens_updated BEFORE UPDATE ON oauth_tokens FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER alexa_lwa_tokens_updated BEFORE UPDATE ON alexa_lwa_tokens FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER ifttt_trigger_subscriptions_updated BEFORE UPDATE ON ifttt_trigger_subscriptions
  FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER webhooks_deleted BEFORE INSERT OR UPDATE OF is_active, deleted_at ON webhooks
  FOR EACH ROW EXECUTE FUNCTION set_deleted_at();
CREATE TRIGGER oauth_clients_deleted BEFORE INSERT OR UPDATE OF is_active, deleted_at ON oauth_clients
  FOR EACH ROW EXECUTE FUNCTION set_deleted_at();
CREATE TRIGGER ifttt_trigger_subscriptions_deleted BEFORE INSERT OR UPDATE OF is_active, deleted_at ON ifttt_trigger_subscriptions
  FOR EACH ROW EXECUTE FUNCTION set_deleted_at();

-- DOWN
DROP TABLE ifttt_trigger_subscriptions;
DROP TABLE alexa_lwa_tokens;
DROP TABLE oauth_tokens;
DROP TABLE oauth_clients;
DROP TABLE webhook_deliveries;
DROP TABLE webhooks;
