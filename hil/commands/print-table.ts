// Owns how rows are shown to a person: columns as wide as their widest cell, the last one as long as it likes.

export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)));
  const last = head.length - 1;
  const printRow = (row: readonly string[]): string =>
    head
      .map((_title, column) =>
        column === last ? (row[column] ?? "") : (row[column] ?? "").padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [head, ...rows].map(printRow);
}
