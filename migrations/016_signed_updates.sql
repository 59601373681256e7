-- Who signed a firmware; and of an update what it takes to notice that the firmware before it has come back.

-- UP
ALTER TABLE firmware_versions ADD COLUMN signed_by char(64);
ALTER TABLE device_updates
  ADD COLUMN sha256_before char(64),
  ADD COLUMN booted_boot_id char(16);
GRANT SELECT (counter, signed_by) ON firmware_versions TO trapline_ingest;
GRANT UPDATE (sha256_before, booted_boot_id) ON device_updates TO trapline_ingest;
COMMENT ON COLUMN firmware_versions.signed_by IS 'SHA-256 of the public key that verified the signature, 64 lower-case hex digits. Null: unsigned, never offered.';
COMMENT ON COLUMN firmware_versions.sha256 IS 'Of the firmware as the trap runs it; of a signed file that is the part behind the signature.';
COMMENT ON COLUMN firmware_versions.content IS 'What traps fetch: the whole signed file.';
COMMENT ON COLUMN device_updates.sha256_before IS 'What the trap ran when it was last offered; null if it had never been heard.';
COMMENT ON COLUMN device_updates.booted_boot_id IS 'The boot whose hello proved it; a trial that fails is back within a few boots of it.';

-- DOWN
COMMENT ON COLUMN firmware_versions.content IS NULL;
COMMENT ON COLUMN firmware_versions.sha256 IS NULL;
REVOKE SELECT (counter) ON firmware_versions FROM trapline_ingest;
ALTER TABLE device_updates
  DROP COLUMN booted_boot_id,
  DROP COLUMN sha256_before;
ALTER TABLE firmware_versions DROP COLUMN signed_by;
