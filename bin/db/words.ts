// Owns how sizes, times, addresses and tables are said to a person. Pure.

const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/** In steps of 1000, as disks are sold: `640 bytes`, `1.2 MB`. */
export function formatBytes(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  const value = bytes / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}

/** `12,345`: the same on every machine. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

export function formatThings(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

export function formatMs(ms: number): string {
  if (ms < 10_000) return `${Math.round(ms)} ms`;
  if (ms < 600_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.round(ms / 60_000)} min`;
}

const AGES: [unit: string, ms: number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

/** `3 hours`, with the biggest unit that fits. */
export function formatAge(ms: number): string {
  const [unit, length] = AGES.find(([, length]) => ms >= length) ?? ["second", 1000];
  return formatThings(Math.max(Math.floor(ms / length), 0), unit);
}

/** What an example calls `password` is none. */
const PASSWORD_IN_ADDRESS = /(\bpostgres(?:ql)?:\/\/[^\s:@/?#"']*:)(?!password@)[^\s"'<>]*@/gi;
const PASSWORD_IN_QUERY = /([?&]password=)[^&\s"'<>]*/gi;

/** Whatever address a text may hold, its password is not shown. */
export function maskPasswords(text: string): string {
  return text.replaceAll(PASSWORD_IN_ADDRESS, "$1***@").replaceAll(PASSWORD_IN_QUERY, "$1***");
}

/** Columns as wide as their widest cell; those of numbers to the right. */
export function formatTable(rows: string[][], right: number[] = []): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return right.includes(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd(),
  );
}

/** For a shell: as it stands where nothing in it is special. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
