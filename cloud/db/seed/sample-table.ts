// Owns the shape of the sample data on its way into the database: tables in the order of their foreign keys, rows by column, times
// relative to the first run.

export type SampleValue =
  | string
  | number
  | boolean
  | null
  | readonly SampleValue[]
  | { readonly [name: string]: SampleValue };

/** By column, as it reads in JSON. All rows of a table name the same columns. */
export type SampleRow = { readonly [column: string]: SampleValue };

export interface SampleTable {
  name: string;
  /** Columns that tell its rows apart. */
  key: readonly string[];
  rows: readonly SampleRow[];
  /** Written in the run that brings the row's tenant, never again: nobody changes a log, and time takes it away. */
  isLog?: boolean;
  /** Other rows hang on it. Where other data has taken a name, a row is left out, and those could not be inserted. */
  isNeeded?: boolean;
}

/** What the rows are made of that differs from one database to the next. */
export interface SampleSetting {
  at: Moments;
  /** The tenant's short name; another one than usual where foreign data has that. */
  slugOf(tenant: string): string;
  /** The person's address; likewise. */
  emailOf(person: string): string;
  passwordHashOf(person: string): string;
}

export interface Moments {
  /** The moment of the first run. */
  first: Date;
  /** So many hours before it; a negative number means after. ISO 8601, UTC. */
  hoursAgo(hours: number): string;
  daysAgo(days: number): string;
}

const HOUR_MS = 60 * 60 * 1000;

export function createMoments(first: Date): Moments {
  const hoursAgo = (hours: number): string => new Date(first.getTime() - hours * HOUR_MS).toISOString();
  return { first, hoursAgo, daysAgo: (days) => hoursAgo(24 * days) };
}
