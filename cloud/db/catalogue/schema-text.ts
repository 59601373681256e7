// Owns how a schema stands in a text: blocks, each under a line that names its object, so that two texts can be compared object by object
// without understanding SQL. Both sides of a comparison are cut by the same rules, so a cut in the wrong place is merely a clumsy name.

export interface Block {
  /** `index devices_newest on devices`; what stands after ` on ` is the object it belongs to. */
  title: string;
  sql: string;
}

export interface Part {
  /** `column devices.site_id` */
  title: string;
  /** How the parts that cannot be without it call it: `devices.site_id`; null where there are none. */
  name: string | null;
  /** The names of the parts it cannot be without. */
  of: string[];
  text: string;
}

const MARK = "--- ";

export function formatBlocks(blocks: Block[]): string {
  return blocks.map(({ title, sql }) => `${MARK}${title.replaceAll("\n", " ")}\n${sql}\n`).join("\n");
}

/** What stands before the first title is not told. */
export function parseBlocks(text: string): Block[] {
  const [, ...rest] = `\n${text}`.split(`\n${MARK}`);
  return rest.map((one) => {
    const [title = "", ...lines] = one.split("\n");
    return { title, sql: lines.join("\n").trimEnd() };
  });
}

/** The objects of the text; tables are cut into columns and checks, grants and comments into their statements. */
export function listParts(text: string): Part[] {
  const seen = new Map<string, number>();
  return parseBlocks(text)
    .flatMap(cutBlock)
    .map((part) => {
      // A title comes twice where a function's body looks like one.
      const times = (seen.get(part.title) ?? 0) + 1;
      seen.set(part.title, times);
      return times === 1 ? part : { ...part, title: `${part.title} (${times})` };
    });
}

function cutBlock({ title, sql }: Block): Part[] {
  if (/^table /.test(title)) return cutTable(title.slice("table ".length), sql);
  if (/^grants on /.test(title)) return sql.split("\n").flatMap(cutGrant);
  if (/^comments on /.test(title)) return sql.split(/(?<=;)\n(?=COMMENT ON )/).map(cutComment);
  const owner = / on (.+?)$/.exec(title)?.[1];
  if (owner !== undefined) return [{ title, name: null, of: [owner], text: sql }];
  return [{ title, name: title.replace(/^(enum type|\w+) /, ""), of: [], text: sql }];
}

const NAME = '(?:"(?:[^"]|"")*"|[^\\s".(]+)';
const MEMBER = new RegExp(`^ {2}(CONSTRAINT )?(${NAME}) `);

function cutTable(table: string, sql: string): Part[] {
  const whole: Part = { title: `table ${table}`, name: table, of: [], text: "" };
  const parts = [whole];
  let current = whole;
  for (const line of sql.split("\n")) {
    const [, constraint, name] = MEMBER.exec(line) ?? [];
    if (name !== undefined) {
      current =
        constraint === undefined
          ? { title: `column ${table}.${name}`, name: `${table}.${name}`, of: [table], text: "" }
          : { title: `constraint ${name} on ${table}`, name: null, of: [table], text: "" };
      parts.push(current);
    } else if (line.startsWith(")")) current = whole;
    current.text += current.text === "" ? line.trim() : `\n${line}`;
  }
  for (const part of parts) part.text = part.text.replace(/,$/, "");
  return parts;
}

/** One part for each privilege, and for each column of it. */
function cutGrant(line: string): Part[] {
  const [, kind, closed] = /^REVOKE ALL ON (\w+) (.+) FROM PUBLIC;$/.exec(line) ?? [];
  if (kind !== undefined && closed !== undefined) {
    return [{ title: `${kind.toLowerCase()} ${closed} closed to PUBLIC`, name: null, of: [closed], text: line }];
  }
  const [, privileges = "", on = "", role = "", option = ""] =
    /^GRANT (.+) ON \w+ (.+) TO (.+?)( WITH GRANT OPTION)?;$/.exec(line) ?? [];
  return [...privileges.matchAll(/(\w+)(?: \((.+?)\))?(?:, |$)/g)].flatMap(([, privilege, columns]): Part[] => {
    const text = option === "" ? "not to be passed on" : "to be passed on";
    if (columns === undefined) return [{ title: `grant ${privilege} on ${on} to ${role}`, name: null, of: [on], text }];
    return (columns.match(new RegExp(NAME, "g")) ?? []).map((name) => {
      const column = name.replace(/,$/, "");
      const title = `grant ${privilege} (${column}) on ${on} to ${role}`;
      return { title, name: null, of: [on, `${on}.${column}`], text };
    });
  });
}

function cutComment(text: string): Part {
  const [, kind, on = ""] = /^COMMENT ON (\w+) (.+?) IS /.exec(text) ?? [];
  const table = new RegExp(`^(${NAME})\\.${NAME}$`).exec(on)?.[1];
  return {
    title: `comment on ${kind?.toLowerCase()} ${on}`,
    name: null,
    of: table === undefined ? [on] : [table, on],
    text,
  };
}
