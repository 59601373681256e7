// Owns the last rewritings of the text, after the minifier, which would undo them: where the interpreter reads a form otherwise than
// JavaScript says, the program is given another form that means the same to both.
import { isFunction, listChildren, listOwnNodes, type Node, parseProgram } from "./syntax-tree.ts";

/** The same program in forms that both read alike. */
export function finishProgram(code: string): string {
  return endBareReturns(wrapLiterals(testEveryLoop(spellOutAssignments(code))));
}

/** Gives `for(;;)` a test. Where it is skipped, behind a `continue` in a switch, the interpreter would run it without one. */
export function testEveryLoop(code: string): string {
  const bare = listNodes(parseProgram(code)).filter((node) => node.type === "ForStatement" && node.test == null);
  const places = bare.map(
    (node) => code.indexOf(";", node.type === "ForStatement" ? (node.init?.end ?? node.start) : 0) + 1,
  );
  return places.sort((a, b) => b - a).reduce((text, at) => `${text.slice(0, at)}1${text.slice(at)}`, code);
}

/**
 * Makes an object literal that stands in a try statement, and calls something for a member that is not its last, the answer of a function:
 * if that call throws, the interpreter loses its place in the literal, and with it the catch.
 */
function wrapLiterals(code: string): string {
  const literals = listLostLiterals(code).filter((node) => !usesThis(node));
  return literals
    .sort((a, b) => b.start - a.start)
    .reduce((text, { start, end }) => {
      return `${text.slice(0, start)}function(){return${text.slice(start, end)}}()${text.slice(end)}`;
    }, code);
}

/** The outermost object literals of which the interpreter would lose its place. */
export function listLostLiterals(code: string): Node[] {
  const tries = listNodes(parseProgram(code)).filter((node) => node.type === "TryStatement");
  const all = tries.flatMap((node) => listOwnNodes(listChildren(node)).filter(isLostWhenThrown));
  const lost = [...new Map(all.map((node) => [node.start, node])).values()];
  return lost.filter((node) => !lost.some((one) => one.start < node.start && one.end >= node.end));
}

function isLostWhenThrown(node: Node): boolean {
  if (node.type !== "ObjectExpression") return false;
  return listOwnNodes(node.properties.slice(0, -1)).some(
    (part) => part.type === "CallExpression" || part.type === "NewExpression",
  );
}

function usesThis(node: Node): boolean {
  return listOwnNodes([node]).some((part) => part.type === "ThisExpression");
}

function listNodes(node: Node): Node[] {
  return [node, ...listChildren(node).flatMap(listNodes)];
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
  const isBare = (node: Node) => node.type === "ReturnStatement" && node.argument == null && code[node.end - 1] !== ";";
  return listNodes(parseProgram(code)).filter(isBare);
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
