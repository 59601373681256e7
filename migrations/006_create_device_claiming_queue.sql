-- Claiming by the trap's own button: holding it opens a window of ten minutes here.

-- UP
CREATE TABLE device_claiming_queue (
  id serial PRIMARY KEY,
  mac_address varchar(17) UNIQUE NOT NULL,
  serial_number varchar(50),
  ip_address varchar(45),
  expires_at timestamp NOT NULL,
  created_at timestamp DEFAULT now()
);

CREATE INDEX device_claiming_queue_expires_at ON device_claiming_queue (expires_at);

-- Returns how many windows it closed. The column has no time zone and is read as UTC.
CREATE FUNCTION cleanup_expired_claiming_devices() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  closed integer;
BEGIN
  DELETE FROM device_claiming_queue WHERE expires_at < now() AT TIME ZONE 'UTC';
  GET DIAGNOSTICS closed = ROW_COUNT;
  RETURN closed;
END;
$$;

-- DOWN
DROP FUNCTION cleanup_expired_claiming_devices();
DROP TABLE device_claiming_queue;
