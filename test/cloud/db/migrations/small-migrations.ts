// Three little migrations, for tests of what the migrator does with any: quick to apply, and with something to lose of every kind.
import { type Migration, parseMigration } from "../../../../cloud/db/migrations/migration-files.ts";

const PEOPLE = `-- People.
-- UP
CREATE TABLE people (id serial PRIMARY KEY, name text NOT NULL);
-- DOWN
DROP TABLE people;
`;

const TRAPS = `-- Traps of people, of whom more is known.
-- UP
ALTER TABLE people
  ADD COLUMN nickname text,
  ADD COLUMN points integer NOT NULL DEFAULT 0,
  ADD COLUMN settings json NOT NULL DEFAULT '{}',
  ADD COLUMN price numeric(8, 2) DEFAULT -1,
  ADD COLUMN made_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN letters integer GENERATED ALWAYS AS (length(name)) STORED;
CREATE TABLE traps (
  id integer PRIMARY KEY,
  person_id integer REFERENCES people (id) ON DELETE CASCADE
);
-- DOWN
DROP TABLE traps;
ALTER TABLE people
  DROP COLUMN nickname,
  DROP COLUMN points,
  DROP COLUMN settings,
  DROP COLUMN price,
  DROP COLUMN made_at,
  DROP COLUMN letters;
`;

const MARKS = `-- Marks by month; a person may be marked for good.
-- UP
ALTER TABLE people ADD COLUMN marked boolean NOT NULL DEFAULT false;
CREATE TABLE marks (id integer, month integer NOT NULL) PARTITION BY RANGE (month);
CREATE TABLE marks_1 PARTITION OF marks FOR VALUES FROM (1) TO (2);
CREATE TABLE marks_2 PARTITION OF marks FOR VALUES FROM (2) TO (3);
-- DOWN
DROP TABLE marks;
DELETE FROM people WHERE marked;
ALTER TABLE people DROP COLUMN marked;
`;

export const SMALL: Migration[] = [
  parseMigration("001_people.sql", PEOPLE),
  parseMigration("002_traps.sql", TRAPS),
  parseMigration("003_marks.sql", MARKS),
];
