// Owns what things of the database are called in TypeScript. One rule each and no exceptions, so that a name can be guessed.

/** `user_identities` is UserIdentities. */
export function nameType(name: string): string {
  return splitWords(name)
    .map((word) => word[0]?.toUpperCase() + word.slice(1))
    .join("");
}

/** One row of `device_identities` is a DeviceIdentityRow. */
export function nameRow(table: string): string {
  return `${nameType(nameOne(table))}Row`;
}

/**
 * The words of a column are called after one row and the column: DeviceEndReason. What the two share is said once: `alert_type` of
 * `device_alerts` is DeviceAlertType.
 */
export function nameWords(table: string, column: string): string {
  const [row, own] = [splitWords(nameOne(table)), splitWords(column)];
  const shared = own.findLastIndex(
    (_, index) => index < own.length - 1 && row.slice(-index - 1).join() === own.slice(0, index + 1).join(),
  );
  return nameType([...row, ...own.slice(shared + 1)].join("_"));
}

function splitWords(name: string): string[] {
  return name.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
}

/** `device_identities` is device_identity, `webhooks` webhook; other words stay. */
function nameOne(table: string): string {
  if (/ies$/.test(table)) return table.replace(/ies$/, "y");
  if (/(ss|x|ch|sh)es$/.test(table)) return table.replace(/es$/, "");
  return table.replace(/(?<!s)s$/, "");
}
