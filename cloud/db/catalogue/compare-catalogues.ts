// Compares two schemas object by object and says in lines a person can read what the found one lacks, what nobody expected in it, and what
// is other. The order of columns is no difference: nothing of ours depends on it, and taking a migration back changes it.
import type { Catalogue } from "./catalogue.ts";
import { listParts, type Part } from "./schema-text.ts";
import { writeWholeSchema } from "./write-schema.ts";

/** Both with their partitions. `index x on devices: missing`; nothing where they are equal. */
export function compareCatalogues(expected: Catalogue, found: Catalogue): string[] {
  return compareSchemaTexts(
    writeWholeSchema(expected, { partitions: true }),
    writeWholeSchema(found, { partitions: true }),
  );
}

/** Every object with its definition, in an order of its own: equal for equal schemas. Without the partitions of months. */
export function describeCatalogue(catalogue: Catalogue): string[] {
  return listParts(writeWholeSchema(catalogue, { partitions: false }))
    .map(({ title, text }) => `${title}: ${text}`)
    .sort();
}

/** Of texts by writeSchema. What belongs to an object that is missing or unexpected as a whole is not told on its own. */
export function compareSchemaTexts(expected: string, found: string): string[] {
  const [wanted, there] = [listParts(expected), listParts(found)];
  const [wantedByTitle, thereByTitle] = [byTitle(wanted), byTitle(there)];
  const missing = wanted.filter((part) => !thereByTitle.has(part.title));
  const unexpected = there.filter((part) => !wantedByTitle.has(part.title));
  const differing = wanted.flatMap((part) => {
    const other = thereByTitle.get(part.title);
    return other === undefined || other.text === part.text ? [] : [tellDifference(part, other)];
  });
  return [
    ...withoutMembers(missing).map((part) => `${part.title}: missing`),
    ...differing,
    ...withoutMembers(unexpected).map((part) => `${part.title}: not expected`),
  ];
}

function byTitle(parts: Part[]): Map<string, Part> {
  return new Map(parts.map((part) => [part.title, part]));
}

function withoutMembers(parts: Part[]): Part[] {
  const names = new Set(parts.map((part) => part.name));
  return parts.filter((part) => !part.of.some((name) => names.has(name)));
}

/** Of long texts the first line that is other. */
function tellDifference(expected: Part, found: Part): string {
  const [wanted, there] = [expected.text.split("\n"), found.text.split("\n")];
  const line = wanted.findIndex((text, index) => text !== there[index]);
  const at = line < 0 ? wanted.length : line;
  const where = wanted.length > 1 || there.length > 1 ? ` in line ${at + 1}` : "";
  const tell = (text: string | undefined) => (text === undefined ? "nothing" : text.trim());
  return `${expected.title}: differs${where}: expected ${tell(wanted[at])}, found ${tell(there[at])}`;
}
