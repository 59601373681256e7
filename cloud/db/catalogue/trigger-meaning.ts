// Owns what a table's triggers say about single columns: that one is given a value where an insert leaves it out.
import type { Routine, Table } from "./catalogue.ts";

const BEFORE_INSERT =
  /^CREATE TRIGGER .+ BEFORE INSERT(?: OR [A-Z]+(?: OF [^(]+?)?)* ON .+ FOR EACH ROW EXECUTE FUNCTION (.+)\(/s;

/** Columns that a trigger before every insert assigns; PostgreSQL refuses the row where it did not after all. */
export function findGivenColumns(table: Table, functions: Routine[]): Set<string> {
  const called = table.triggers.flatMap(({ definition }) => BEFORE_INSERT.exec(definition)?.[1] ?? []);
  const bodies = functions.filter((one) => called.includes(one.signature.replace(/\(\)$/, "")));
  const names = bodies.flatMap((one) => [...one.definition.matchAll(/\bNEW\.(\w+)\s*:=/gi)]);
  return new Set(names.map((match) => match[1] ?? ""));
}
