// Cuts a text of SQL into its statements, for tests that stop after one of them. It knows strings, quoted names, dollar quotes and
// comments, so that a semicolon inside of them ends nothing; bodies by BEGIN ATOMIC it does not know.

/** In this order: line comment, begin of a block comment, strings, quoted name, dollar quote, word (which may hold dollars), anything. */
const TOKEN =
  /--[^\n]*|\/\*|[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(?:[a-zA-Z_]\w*)?\$|[a-zA-Z_][\w$]*|[\s\S]/y;

/** In their order, without the semicolons; what is comment alone is none. @throws Error for a quote or comment without an end */
export function listStatements(sql: string): string[] {
  const statements: string[] = [];
  let begin = 0;
  let hasMeaning = false;
  const end = (at: number) => {
    if (hasMeaning) statements.push(sql.slice(begin, at).trim());
    begin = at + 1;
    hasMeaning = false;
  };
  const tokens = new RegExp(TOKEN);
  for (let at = 0; at < sql.length; ) {
    tokens.lastIndex = at;
    const token = tokens.exec(sql)?.[0] ?? "";
    if (token === ";") end(at);
    else if (token !== "/*" && !token.startsWith("--") && token.trim() !== "") hasMeaning = true;
    at = findTokenEnd(sql, at, token);
  }
  end(sql.length);
  return statements;
}

function findTokenEnd(sql: string, at: number, token: string): number {
  const after = at + token.length;
  if (token === "'" || token === '"') throw new Error(`${token} has no end`);
  if (token === "/*") return skipComment(sql, after);
  if (!/^\$.*\$$/.test(token)) return after;
  const end = sql.indexOf(token, after);
  if (end === -1) throw new Error(`${token} has no end`);
  return end + token.length;
}

/** Comments in blocks may be nested. */
function skipComment(sql: string, from: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = from;
  for (let depth = 1; depth > 0; ) {
    const mark = marks.exec(sql);
    if (mark === null) throw new Error("a comment has no end");
    depth += mark[0] === "/*" ? 1 : -1;
  }
  return marks.lastIndex;
}
