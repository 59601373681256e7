// Owns the names of what lies in the big database: each row's id follows from its number, alike in SQL and here, so that a test knows whom
// to ask for without looking.

/** What kind of row an id names; the last digits of the id. */
const KINDS = {
  tenant: "a000",
  user: "b000",
  trap: "d000",
  event: "e000",
  alert: "e100",
  task: "e200",
  update: "e300",
  firmware: "f000",
  site: "f100",
  webhook: "f200",
  client: "f300",
  other: "ffff",
} as const;

export type HotKind = keyof typeof KINDS;

export function hotId(kind: HotKind, number: number): string {
  return `${number.toString(16).padStart(8, "0")}-0000-4000-8000-00000000${KINDS[kind]}`;
}

/** The same as an expression of SQL; the number may be one too. It comes first, so that ids in the order of their numbers are sorted. */
export function sqlId(kind: HotKind, number: string): string {
  return `(lpad(to_hex(${number}), 8, '0') || '-0000-4000-8000-00000000${KINDS[kind]}')::uuid`;
}

/** The boot ids of every trap, one after the other; the last one runs. */
export function hotBoot(number: number): string {
  return `${number.toString(16).padStart(8, "0")}deadbeef`;
}

/** A token, key or challenge of so many hexadecimal digits as it lies in the tables. */
export function sqlHash(word: string, number: string, digits: 32 | 64 = 64): string {
  const hash = `encode(sha256(convert_to('${word}-' || ${number}, 'UTF8')), 'hex')`;
  return digits === 64 ? hash : `left(${hash}, ${digits})`;
}
