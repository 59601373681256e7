// Writes what is laid on tables once their data is in: constraints, indexes, triggers, walls, grants, comments.
import type { Constraint, Grant, Policy, Table, Trigger, View } from "./catalogue.ts";
import type { Block } from "./schema-text.ts";
import { compareTexts, quoteName, quoteText } from "./sql-text.ts";

export function writeConstraint(table: Table, constraint: Constraint): Block {
  const [on, name] = [quoteName(table.name), quoteName(constraint.name)];
  return {
    title: `constraint ${name} on ${on}`,
    sql: `ALTER TABLE ${on} ADD CONSTRAINT ${name} ${constraint.definition};`,
  };
}

export function writeIndexes(table: Table): Block[] {
  return table.indexes.map(({ name, definition, valid }) => ({
    title: `index ${quoteName(name)} on ${quoteName(table.name)}`,
    sql: `${definition};${valid ? "" : "\n-- In the database it is not valid: it was left behind by a statement that failed."}`,
  }));
}

const FIRES: Record<Trigger["fires"], string | null> = {
  origin: null,
  always: "ENABLE ALWAYS TRIGGER",
  replica: "ENABLE REPLICA TRIGGER",
  never: "DISABLE TRIGGER",
};

export function writeTriggers(table: Table): Block[] {
  return table.triggers.map(({ name, definition, fires }) => {
    const words = FIRES[fires];
    const alter = words === null ? "" : `\nALTER TABLE ${quoteName(table.name)} ${words} ${quoteName(name)};`;
    return { title: `trigger ${quoteName(name)} on ${quoteName(table.name)}`, sql: `${definition};${alter}` };
  });
}

export function writeWalls(table: Table): Block[] {
  const on = quoteName(table.name);
  const { enabled, forced } = table.rowSecurity;
  const actions = [...(enabled ? ["ENABLE"] : []), ...(forced ? ["FORCE"] : [])];
  const sql = `ALTER TABLE ${on} ${actions.map((action) => `${action} ROW LEVEL SECURITY`).join(", ")};`;
  const flags = actions.length === 0 ? [] : [{ title: `row security on ${on}`, sql }];
  return [...flags, ...table.policies.map((policy) => writePolicy(on, policy))];
}

/** @param on the table's name in SQL */
export function writePolicy(on: string, policy: Policy): Block {
  const name = quoteName(policy.name);
  const words = [`CREATE POLICY ${name} ON ${on}`];
  if (policy.restrictive) words.push("AS RESTRICTIVE");
  if (policy.command !== "ALL") words.push(`FOR ${policy.command}`);
  words.push(`TO ${policy.roles.join(", ")}`);
  if (policy.using !== null) words.push(`USING (${policy.using})`);
  if (policy.check !== null) words.push(`WITH CHECK (${policy.check})`);
  return { title: `policy ${name} on ${on}`, sql: `${words.join(" ")};` };
}

/** In the order in which they are written. */
const PRIVILEGES = "SELECT INSERT UPDATE DELETE TRUNCATE REFERENCES TRIGGER USAGE CREATE EXECUTE".split(" ");

/**
 * @param what as SQL: `TABLE devices`
 * @param free what PUBLIC may do with a new object unless it is revoked
 */
export function writeGrants(title: string, what: string, grants: Grant[], free: string[] = []): Block[] {
  const ofPublic = grants.filter((one) => one.role === "PUBLIC").map((one) => one.privilege);
  const isFree = free.length === ofPublic.length && free.every((privilege) => ofPublic.includes(privilege));
  const lines = isFree || free.length === 0 ? [] : [`REVOKE ALL ON ${what} FROM PUBLIC;`];
  const told = isFree && free.length > 0 ? grants.filter((one) => one.role !== "PUBLIC") : grants;
  const roles = [...new Set(told.map((one) => one.role))].sort(compareTexts);
  for (const role of roles) {
    for (const grantable of [false, true]) {
      const words = listPrivileges(told.filter((one) => one.role === role && one.grantable === grantable));
      if (words.length === 0) continue;
      lines.push(`GRANT ${words.join(", ")} ON ${what} TO ${role}${grantable ? " WITH GRANT OPTION" : ""};`);
    }
  }
  return lines.length === 0 ? [] : [{ title: `grants on ${title}`, sql: lines.join("\n") }];
}

/** `SELECT`, `UPDATE (name, place)` */
function listPrivileges(grants: Grant[]): string[] {
  return PRIVILEGES.flatMap((privilege) => {
    const some = grants.filter((one) => one.privilege === privilege);
    const columns = some.flatMap((one) => (one.column === null ? [] : [quoteName(one.column)])).sort(compareTexts);
    return [
      ...(some.some((one) => one.column === null) ? [privilege] : []),
      ...(columns.length > 0 ? [`${privilege} (${columns.join(", ")})`] : []),
    ];
  });
}

export function writeComments(kind: "TABLE" | "VIEW", relation: Table | View): Block[] {
  const on = quoteName(relation.name);
  const comments = [
    writeComment(`${kind} ${on}`, relation.comment),
    ...relation.columns.map((column) => writeComment(`COLUMN ${on}.${quoteName(column.name)}`, column.comment)),
  ].flat();
  return comments.length === 0 ? [] : [{ title: `comments on ${on}`, sql: comments.join("\n") }];
}

/** Nothing where there is no comment. */
export function writeComment(what: string, comment: string | null): string[] {
  return comment === null ? [] : [`COMMENT ON ${what} IS ${quoteText(comment)};`];
}
