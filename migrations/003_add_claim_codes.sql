-- A trap gets its owner by a code that the person made beforehand.

-- UP
CREATE TABLE claim_codes (
  claim_code varchar(8) PRIMARY KEY,
  device_name varchar,
  status varchar CONSTRAINT claim_codes_status_listed CHECK (status IN ('active', 'claimed', 'expired')),
  expires_at timestamp,
  claimed_by_device_id uuid
);

ALTER TABLE devices
  ADD COLUMN claimed_at timestamp,
  ADD COLUMN unclaimed_at timestamp;

-- DOWN
ALTER TABLE devices
  DROP COLUMN unclaimed_at,
  DROP COLUMN claimed_at;

DROP TABLE claim_codes;
