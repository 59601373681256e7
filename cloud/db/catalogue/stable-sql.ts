// Owns that PostgreSQL's own words for an expression are the same whichever version says them, and however often they were read and told
// again. Lists of words come out as `column IN ('a', 'b')`: told by PostgreSQL, `varchar IN (...)` changes when its text is executed.
// A view of one table is told with the table's name before every column by 15 and without by 16 and later; here it is without.

const LITERAL = "'(?:[^']|'')*'";
const QUOTED_NAME = '"(?:[^"]|"")*"';
const NAME = `(?:[a-z_][\\w$]*|${QUOTED_NAME})`;
const COLUMN = `${NAME}(?:\\.${NAME})*`;
/** Of a varchar that is compared as text. */
const VARYING = `(?:${LITERAL}::character varying|\\(${LITERAL}::character varying\\)::text)`;
const PLAIN = `${LITERAL}::(?:text|bpchar)`;
const VARYINGS = `ARRAY\\[(${VARYING}(?:, ${VARYING})+)\\]`;
const PLAINS = `ARRAY\\[(${PLAIN}(?:, ${PLAIN})+)\\]`;
const CAST_VARYINGS = `\\(${VARYINGS}\\)::text\\[\\]`;
const OPERATOR = "(= ANY|<> ALL)";
/** What stands in quotes is taken as a whole, so that nothing is found inside of it. */
const PATTERN = new RegExp(
  [
    `\\((${COLUMN})\\)::text ${OPERATOR} \\((?:${CAST_VARYINGS}|${VARYINGS})\\)`,
    `${OPERATOR} \\((?:${CAST_VARYINGS}|${VARYINGS}|${PLAINS})\\)`,
    CAST_VARYINGS,
    LITERAL,
    QUOTED_NAME,
  ].join("|"),
  "g",
);

/** The expression in words that stay; another way to say the same. */
export function stabilise(expression: string): string {
  return expression.replace(PATTERN, (found: string, ...parts: (string | undefined)[]) => {
    const [column, ofColumn, columnCast, columnWords, operator, cast, varyings, plains, alone] = parts;
    const words = columnCast ?? columnWords ?? cast ?? varyings ?? plains;
    if (words !== undefined) {
      const left = column === undefined ? "" : `${column} `;
      return `${left}${(ofColumn ?? operator) === "= ANY" ? "IN" : "NOT IN"} (${listLiterals(words).join(", ")})`;
    }
    if (alone === undefined) return found;
    return `ARRAY[${listLiterals(alone)
      .map((literal) => `(${literal}::character varying)::text`)
      .join(", ")}]`;
  });
}

function listLiterals(words: string): string[] {
  return words.match(new RegExp(LITERAL, "g")) ?? [];
}

interface Token {
  text: string;
  depth: number;
  /** Inside the parentheses of a query within the query. */
  inner: boolean;
}

const TOKEN = new RegExp(`${LITERAL}|${QUOTED_NAME}|[A-Za-z_][\\w$]*|\\s+|.`, "gs");
const CLAUSE = /^(WHERE|GROUP|HAVING|WINDOW|UNION|INTERSECT|EXCEPT|ORDER|LIMIT|OFFSET|FETCH|FOR)$/;

/** The query without the name of its one table before the columns; a query of several tables as it is. */
export function unqualify(query: string): string {
  const tokens = tokenise(query);
  const source = findOnlySource(tokens);
  if (source === null) return query;
  let text = "";
  for (let index = 0; index < tokens.length; index += 1) {
    const [here, dot, next] = tokens.slice(index, index + 3);
    if (here === undefined) break;
    const before = tokens[index - 1]?.text;
    if (!here.inner && here.text === source && before !== "." && dot?.text === "." && next?.text !== "*") index += 1;
    else text += here.text;
  }
  return text;
}

function tokenise(query: string): Token[] {
  const stack: boolean[] = [];
  const texts = query.match(TOKEN) ?? [];
  return texts.map((text, index) => {
    if (text === ")") stack.pop();
    const token = { text, depth: stack.length, inner: stack.at(-1) ?? false };
    const first = texts.slice(index + 1, index + 3).find((one) => one.trim() !== "");
    if (text === "(") stack.push(token.inner || /^(SELECT|WITH|VALUES)$/.test(first ?? ""));
    return token;
  });
}

/** How the columns of the one table in FROM are called; null where there are several, or none. */
function findOnlySource(tokens: Token[]): string | null {
  const outer = tokens.filter((token) => token.depth === 0 && token.text.trim() !== "");
  const starts = outer.flatMap((token, index) =>
    token.text === "FROM" && outer[index - 1]?.text !== "DISTINCT" ? [index] : [],
  );
  const [start] = starts;
  if (start === undefined || starts.length > 1) return null;
  const rest = outer.slice(start + 1);
  const end = rest.findIndex((token) => CLAUSE.test(token.text) || token.text === ";");
  const clause = end < 0 ? rest : rest.slice(0, end);
  if (clause.some((token) => token.text === ",")) return null;
  return clause.findLast((token) => /^["A-Za-z_]/.test(token.text))?.text ?? null;
}
