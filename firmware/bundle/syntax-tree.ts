// Owns how hoist.ts and check-output.ts look at an ES5 syntax tree: parse it, list the children of a node, and the declarations of one
// function without those of the functions inside it.
import * as acorn from "acorn";

export type Node = acorn.AnyNode;
export type FunctionNode = acorn.FunctionDeclaration | acorn.FunctionExpression;

/** @throws SyntaxError. Newer syntax than ES5 is parsed too, so that it can be refused by name. */
export function parseProgram(code: string): acorn.Program {
  return acorn.parse(code, { ecmaVersion: "latest", sourceType: "script", locations: true });
}

export function listChildren(node: Node): Node[] {
  return Object.values(node).flatMap((value: unknown) => {
    if (Array.isArray(value)) return value.filter(isNode);
    return isNode(value) ? [value] : [];
  });
}

/** Locations and literal values are objects too, but have no type. */
function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

export function isFunction(node: Node): node is FunctionNode {
  return node.type === "FunctionDeclaration" || node.type === "FunctionExpression";
}

/** Every node of a function's or program's own, in order, without what stands inside the functions within (they are listed themselves). */
export function listOwnNodes(statements: readonly Node[]): Node[] {
  const own: Node[] = [];
  const visit = (node: Node): void => {
    own.push(node);
    if (!isFunction(node)) for (const child of listChildren(node)) visit(child);
  };
  for (const statement of statements) visit(statement);
  return own;
}

/** Declarations at the top of a body. */
export function listFunctions(body: readonly Node[]): acorn.FunctionDeclaration[] {
  return body.flatMap((node) => (node.type === "FunctionDeclaration" && node.id !== null ? [node] : []));
}

/** Names of the var declarations among `own`, each once, in order. */
export function listVariableNames(own: readonly Node[]): string[] {
  const names = own.flatMap((node) =>
    node.type === "VariableDeclaration" ? node.declarations.map((one) => getName(one.id)) : [],
  );
  return [...new Set(names)];
}

/** @throws Error for a pattern; ES5 has none. */
export function getName(pattern: acorn.Pattern): string {
  if (pattern.type !== "Identifier") throw new Error(`${pattern.type} is no ES5`);
  return pattern.name;
}

/**
 * Whether an initialiser may stand in a leading `var a = ..., b = ...` of a function: evaluating it can reach no variable of that
 * function that is declared later, neither by itself nor through a function it calls.
 * @param own all nodes of the function. @param later names declared behind it.
 */
export function isPlainInitialiser(initialiser: Node, own: readonly Node[], later: ReadonlySet<string>): boolean {
  const runsCode = !own.some((node) => isFunction(node));
  const nodes = listOwnNodes([initialiser]);
  const labels = new Set(nodes.flatMap(listLabels));
  return nodes.every((node) => {
    if (node.type === "Identifier") return labels.has(node) || !later.has(node.name);
    return runsCode || (node.type !== "CallExpression" && node.type !== "NewExpression");
  });
}

/** Identifiers that name a member, not a variable. */
function listLabels(node: Node): Node[] {
  if (node.type === "Property" && !node.computed) return [node.key];
  return node.type === "MemberExpression" && !node.computed ? [node.property] : [];
}
