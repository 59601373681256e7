-- The first product: traps, their alerts, the people who may log in. It knew one customer only.

-- UP
CREATE TABLE users (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email varchar UNIQUE,
  password_hash varchar,
  created_at timestamp DEFAULT now()
);

CREATE TABLE devices (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name varchar,
  mac_address varchar UNIQUE,
  mqtt_client_id varchar,
  mqtt_username varchar,
  mqtt_password varchar,
  mqtt_password_plain varchar,
  last_seen timestamp,
  online boolean
);

CREATE TABLE device_alerts (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  device_id uuid REFERENCES devices (id) ON DELETE CASCADE,
  alert_type varchar,
  alert_status varchar CONSTRAINT device_alerts_status_listed CHECK (alert_status IN ('new', 'acknowledged', 'resolved')),
  severity varchar,
  message text,
  triggered_at timestamp,
  resolved_at timestamp
);

-- DOWN
DROP TABLE device_alerts;
DROP TABLE devices;
DROP TABLE users;
