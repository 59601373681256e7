// A strict reader of XML 1.0 as a JUnit report uses it (elements, attributes, text, the five entities and character references): it refuses
// whatever a parser of a build server might refuse.

export interface XmlElement {
  name: string;
  attributes: Record<string, string>;
  children: XmlElement[];
  text: string;
}

const NAME = /^[A-Za-z_][\w.-]*/;
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';
const FORBIDDEN = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** @throws Error with the place of the first mistake */
export function parseStrictXml(source: string): XmlElement {
  if (!source.startsWith(DECLARATION)) throw new Error("no declaration");
  const forbidden = FORBIDDEN.exec(source);
  if (forbidden !== null) throw new Error(`a character that XML has not, at ${forbidden.index}`);
  const reader = { source, at: DECLARATION.length };
  const root = readElement(reader);
  if (source.slice(reader.at).trim() !== "") throw new Error(`more than one root, at ${reader.at}`);
  return root;
}

interface Reader {
  source: string;
  at: number;
}

function readElement(reader: Reader): XmlElement {
  take(reader, "<");
  const name = takeName(reader);
  const element: XmlElement = { name, attributes: readAttributes(reader), children: [], text: "" };
  if (skip(reader, "/>")) return element;
  take(reader, ">");
  for (;;) {
    const end = reader.source.indexOf("<", reader.at);
    if (end < 0) throw new Error(`<${name}> is never closed`);
    element.text += decode(reader.source.slice(reader.at, end));
    reader.at = end;
    if (skip(reader, `</${name}>`)) return element;
    element.children.push(readElement(reader));
  }
}

function readAttributes(reader: Reader): Record<string, string> {
  const attributes: Record<string, string> = {};
  while (skip(reader, " ")) {
    const name = takeName(reader);
    if (name in attributes) throw new Error(`${name} twice, at ${reader.at}`);
    take(reader, '="');
    const end = reader.source.indexOf('"', reader.at);
    const raw = reader.source.slice(reader.at, end);
    if (/[<\n\t]/.test(raw)) throw new Error(`an attribute that a parser would change, at ${reader.at}`);
    attributes[name] = decode(raw);
    reader.at = end + 1;
  }
  return attributes;
}

function decode(raw: string): string {
  if (raw.includes("]]>")) throw new Error("]]> in a text");
  return raw.replaceAll(/&([^;]*);?/g, (whole, name: string) => {
    const code = /^#(\d+)$/.exec(name)?.[1];
    const text = code === undefined ? ENTITIES[name] : String.fromCodePoint(Number(code));
    if (text === undefined || !whole.endsWith(";")) throw new Error(`unknown entity ${whole}`);
    return text;
  });
}

function takeName(reader: Reader): string {
  const name = NAME.exec(reader.source.slice(reader.at, reader.at + 100))?.[0];
  if (name === undefined) throw new Error(`no name at ${reader.at}`);
  reader.at += name.length;
  return name;
}

function skip(reader: Reader, text: string): boolean {
  if (!reader.source.startsWith(text, reader.at)) return false;
  reader.at += text.length;
  return true;
}

function take(reader: Reader, text: string): void {
  if (!skip(reader, text))
    throw new Error(`expected ${text} at ${reader.at}, got ${reader.source.slice(reader.at, reader.at + 20)}`);
}
