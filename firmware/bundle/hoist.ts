// Owns putting declarations first in every function of an ES5 program: the functions, then one `var` of all names, then the rest. The
// interpreter hoists nothing by itself, and the minifier's own hoisting leaves a function's only `var` where it stood.
import {
  type FunctionNode,
  getName,
  isFunction,
  isPlainInitialiser,
  listFunctions,
  listOwnNodes,
  listVariableNames,
  type Node,
  parseProgram,
} from "./syntax-tree.ts";

interface Edit {
  start: number;
  end: number;
  text: string;
}

/** The same program with every declaration in front. @throws Error for a function declared inside a block. */
export function hoistDeclarations(code: string): string {
  const program = parseProgram(code);
  return hoistScope(code, program.body, program.start, program.end, []);
}

/** The text of a body between `start` and `end`, its declarations in front. */
function hoistScope(
  code: string,
  body: readonly Node[],
  start: number,
  end: number,
  parameters: readonly string[],
): string {
  const own = listOwnNodes(body);
  const functions = own
    .filter(isFunction)
    .map((node) => ({ start: node.start, end: node.end, text: hoistFunction(code, node) }));
  const leading = listLeadingDeclarations(body, own);
  const declared = listFunctions(body);
  const edits: Edit[] = declared.map((node) => ({ start: node.start, end: node.end, text: "" }));
  for (const node of own) {
    if (node.type === "FunctionDeclaration" && !body.includes(node))
      throw new Error("a function is declared inside a block");
    if (node.type !== "VariableDeclaration") continue;
    const text = leading.includes(node) ? "" : renderAssignments(code, node, functions, findHead(own, node));
    edits.push({ start: node.start, end: node.end, text });
  }
  const first = declared.map((node) => hoistFunction(code, node));
  const functionNames = declared.map((node) => node.id.name);
  const kept = leading.flatMap((node) => renderDeclarators(code, node, functions));
  const taken = new Set([...parameters, ...listVariableNames(leading), ...functionNames]);
  const names = [
    ...listVariableNames(own).filter((name) => !taken.has(name)),
    ...kept.filter((text) => !functionNames.includes(text)),
  ];
  if (names.length > 0) first.push(`var ${names.join(",")};`);
  return first.join("\n") + renderRange(code, start, end, [...edits, ...functions]);
}

function hoistFunction(code: string, node: FunctionNode): string {
  const parameters = node.params.map(getName);
  const head = code.slice(node.start, node.body.start + 1);
  return `${head}${hoistScope(code, node.body.body, node.body.start + 1, node.body.end - 1, parameters)}}`;
}

/** The `var` statements a body begins with, as far as they can stay as they are. */
function listLeadingDeclarations(body: readonly Node[], own: readonly Node[]): Node[] {
  const leading: Node[] = [];
  const statements = body.filter((node) => node.type !== "FunctionDeclaration");
  const later = new Set<string>();
  const run = statements.slice(
    0,
    Math.max(
      0,
      statements.findIndex((node) => node.type !== "VariableDeclaration"),
    ),
  );
  for (const name of listVariableNames(run)) later.add(name);
  for (const node of run) {
    if (node.type !== "VariableDeclaration") break;
    const plain = node.declarations.every((one) => {
      const ok = one.init == null || isPlainInitialiser(one.init, own, later);
      later.delete(getName(one.id));
      return ok;
    });
    if (!plain) break;
    leading.push(node);
  }
  return leading;
}

function findHead(own: readonly Node[], declaration: Node): "for" | "in" | undefined {
  for (const node of own) {
    if (node.type === "ForStatement" && node.init === declaration) return "for";
    if (node.type === "ForInStatement" && node.left === declaration) return "in";
  }
  return undefined;
}

function renderDeclarators(code: string, node: Node, functions: readonly Edit[]): string[] {
  if (node.type !== "VariableDeclaration") return [];
  return node.declarations.map(({ id, init }) => {
    if (init == null) return getName(id);
    const value = renderRange(code, init.start, init.end, functions);
    // The parentheses around it are no part of the node.
    return `${getName(id)}=${init.type === "SequenceExpression" ? `(${value})` : value}`;
  });
}

/** What is left of a `var` statement once its names stand in front. */
function renderAssignments(
  code: string,
  node: Node,
  functions: readonly Edit[],
  head: "for" | "in" | undefined,
): string {
  const declarators = renderDeclarators(code, node, functions);
  if (head === "in") return declarators.join();
  return declarators.filter((text) => text.includes("=")).join() + (head === "for" ? "" : ";");
}

/** The text between two places with the edits in it applied; an edit inside a larger one is part of that. */
function renderRange(code: string, start: number, end: number, edits: readonly Edit[]): string {
  let text = "";
  let at = start;
  const inside = edits.filter((edit) => edit.start >= start && edit.end <= end);
  inside.sort((a, b) => a.start - b.start || b.end - a.end);
  for (const edit of inside) {
    if (edit.start < at) continue;
    text += code.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return text + code.slice(at, end);
}
