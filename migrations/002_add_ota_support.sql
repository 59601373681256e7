-- What can be installed on a trap over the air.

-- UP
CREATE TABLE firmware_versions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  version varchar,
  type varchar CONSTRAINT firmware_versions_type_listed CHECK (type IN ('firmware', 'filesystem')),
  file_path varchar,
  file_url varchar,
  sha256 varchar,
  changelog text,
  required boolean
);

-- DOWN
DROP TABLE firmware_versions;
