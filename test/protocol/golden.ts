// Reads the golden files: what version 1 of the contract looks like in bytes, frozen. A file is the record's name, then pairs of lines,
// the value as JSON and its bytes. To add a record: write its file by hand and append its line to SHA256SUMS (sha256sum writes it).
import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";

const FOLDER = path.join(import.meta.dirname, "v1");
const SUMS = "SHA256SUMS";
const SUFFIX = ".golden";

export interface GoldenRow {
  value: object;
  bytes: string;
}

/** Names of all files in the folder, without their suffix, sorted. */
export function listGoldens(): string[] {
  const files = fs.readdirSync(FOLDER).filter((file) => file !== SUMS);
  return files.map((file) => (file.endsWith(SUFFIX) ? file.slice(0, -SUFFIX.length) : file)).sort();
}

/** The lines of a file, each of which must end with a line feed. */
export function readGoldenLines(name: string): string[] {
  const text = fs.readFileSync(path.join(FOLDER, name + SUFFIX), "latin1");
  if (!text.endsWith("\n")) throw new Error(`${name}${SUFFIX} does not end with a line feed`);
  return text.slice(0, -1).split("\n");
}

/** Lines in pairs: JSON, then bytes. */
export function readPairs(lines: string[]): GoldenRow[] {
  const rows: GoldenRow[] = [];
  for (let i = 0; i < lines.length; i += 2) rows.push({ value: JSON.parse(lines[i] ?? ""), bytes: lines[i + 1] ?? "" });
  return rows;
}

/** The rows of a record's file. */
export function readGolden(name: string): GoldenRow[] {
  const [title, ...lines] = readGoldenLines(name);
  if (title !== name || lines.length === 0 || lines.length % 2 !== 0)
    throw new Error(`${name}${SUFFIX} is not its name and pairs of lines, value and bytes`);
  return readPairs(lines);
}

/** What is wrong with the frozen files by their checksums, as sentences. `appendable` may grow and is judged by its own test. */
export function listBrokenSums(appendable: string): string[] {
  const sums = fs.readFileSync(path.join(FOLDER, SUMS), "utf8").trimEnd().split("\n");
  const frozen = new Map(sums.map((line): [string, string] => [line.slice(66), line.slice(0, 64)]));
  const problems: string[] = [];
  for (const file of new Set([...frozen.keys(), ...listGoldens().map((name) => name + SUFFIX)])) {
    if (file === appendable + SUFFIX) continue;
    const target = path.join(FOLDER, file);
    const expected = frozen.get(file);
    if (!fs.existsSync(target)) problems.push(`${file} was frozen and is gone`);
    else if (expected === undefined) problems.push(`${file} has no line in ${SUMS}`);
    else if (sha256(fs.readFileSync(target)) !== expected) problems.push(`${file} was frozen and has changed`);
  }
  return problems;
}

export function sha256(data: Uint8Array | string): string {
  return crypto.createHash("sha256").update(data).digest("hex");
}
