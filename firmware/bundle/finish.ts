// Owns the last rewritings of the text, after the minifier, which would undo them: where the interpreter reads a form otherwise than
// JavaScript says, the program is given another form that means the same to both.
import { isFunction, listChildren, listOwnNodes, type Node, parseProgram } from "./syntax-tree.ts";

/** The same program in forms that both read alike. */
export function finishProgram(code: string): string {
  return endBareReturns(spellOutAssignments(code));
}

/**
 * Gives every `return` without a value its semicolon back. Where it is the last word of a function the interpreter looks for a value
 * behind it, finds the end of the function's text, and calls that a syntax error when the function runs.
 */
export function endBareReturns(code: string): string {
  const ends = listBareReturns(code).map((node) => node.end);
  return ends.sort((a, b) => b - a).reduce((text, end) => `${text.slice(0, end)};${text.slice(end)}`, code);
}

export function listBareReturns(code: string): Node[] {
  const bare: Node[] = [];
  const visit = (node: Node): void => {
    if (node.type === "ReturnStatement" && node.argument == null && code[node.end - 1] !== ";") bare.push(node);
    for (const child of listChildren(node)) visit(child);
  };
  visit(parseProgram(code));
  return bare;
}

type Compound = Node & { type: "AssignmentExpression" };

/**
 * Writes `a += f()` as `a = a + f()` where f could change a: the interpreter reads a after it has called f. It leaves what cannot be
 * written twice, for the last check to refuse.
 */
function spellOutAssignments(code: string): string {
  const late = listLateReads(code).filter((node) => isRepeatable(node.left));
  if (late.length === 0) return code;
  // Those inside others first: the text of an outer one is that of its inner ones.
  const inner = late.filter(
    (node) => !late.some((one) => one !== node && one.start >= node.start && one.end <= node.end),
  );
  inner.sort((a, b) => b.start - a.start);
  const spelt = inner.reduce(
    (text, node) => text.slice(0, node.start) + spellOut(code, node) + text.slice(node.end),
    code,
  );
  return spellOutAssignments(spelt);
}

function spellOut(code: string, node: Compound): string {
  const left = code.slice(node.left.start, node.left.end);
  const right = code.slice(node.right.start, node.right.end);
  return `${left}=${left}${node.operator.slice(0, -1)}${node.right.type === "CallExpression" ? right : `(${right})`}`;
}

/** Compound assignments whose right side may change what their left side reads. */
export function listLateReads(code: string): Compound[] {
  const program = parseProgram(code);
  const late: Compound[] = [];
  const visitScope = (body: readonly Node[], names: ReadonlySet<string>): void => {
    const own = listOwnNodes(body);
    for (const node of own) {
      if (node.type === "AssignmentExpression" && node.operator !== "=" && mayChangeLeft(node, names)) late.push(node);
      if (isFunction(node)) visitScope(node.body.body, listPrivateNames(node));
    }
  };
  visitScope(program.body, new Set());
  return late;
}

/** @param privates names that no other function can reach. */
function mayChangeLeft(node: Compound, privates: ReadonlySet<string>): boolean {
  const isPrivate = node.left.type === "Identifier" && privates.has(node.left.name);
  return listOwnNodes([node.right]).some((part) => {
    if (part.type === "CallExpression" || part.type === "NewExpression") return !isPrivate;
    return part.type === "AssignmentExpression" || part.type === "UpdateExpression";
  });
}

/** Parameters and variables of a function that no function inside it names. */
function listPrivateNames(node: Node): Set<string> {
  if (!isFunction(node)) return new Set();
  const own = listOwnNodes(node.body.body);
  const names = new Set(node.params.flatMap((one) => (one.type === "Identifier" ? [one.name] : [])));
  for (const one of own) if (one.type === "VariableDeclarator" && one.id.type === "Identifier") names.add(one.id.name);
  const visit = (inner: Node): void => {
    if (inner.type === "Identifier") names.delete(inner.name);
    for (const child of listChildren(inner)) visit(child);
  };
  for (const one of own) if (isFunction(one)) visit(one);
  return names;
}

/** Whether reading it twice does nothing twice. */
function isRepeatable(node: Node): boolean {
  const never = new Set(["CallExpression", "NewExpression", "AssignmentExpression", "UpdateExpression"]);
  return listOwnNodes([node]).every((part) => !never.has(part.type));
}
