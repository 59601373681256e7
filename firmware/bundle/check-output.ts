// Owns the findings of kind `output`: the last look at the very bytes a trap will run, whatever made them. It allows what was measured
// on the interpreter and nothing else.
import { createRefusal, type DialectId, type Refusal } from "./dialect.ts";
import { listBareReturns, listLateReads, listLostLiterals } from "./finish.ts";
import { RESERVED_NAMES } from "./shrink.ts";
import {
  type FunctionNode,
  getName,
  isFunction,
  isPlainInitialiser,
  listChildren,
  listOwnNodes,
  listVariableNames,
  type Node,
  parseProgram,
} from "./syntax-tree.ts";

type Report = (id: DialectId, node: Node, detail?: string) => void;

/** @param name how the output is called in refusals. */
export function checkOutput(code: string, name: string): Refusal[] {
  const refusals: Refusal[] = [];
  const wide = [...code].findIndex((character) => character > "\x7e" || (character < " " && character !== "\n"));
  if (wide >= 0) {
    const before = code.slice(0, wide).split("\n");
    const at = { file: name, line: before.length, column: (before.at(-1) ?? "").length + 1 };
    refusals.push(createRefusal("output-text", at));
  }
  const report: Report = (id, node, detail) => {
    const { line, column } = node.loc?.start ?? { line: 1, column: 0 };
    refusals.push(createRefusal(id, { file: name, line, column: column + 1 }, detail));
  };
  const program = parseProgram(code);
  checkOrder(program.body, report);
  for (const node of listBareReturns(code)) report("output-return", node);
  for (const node of listLateReads(code)) report("output-late-read", node);
  for (const node of listLostLiterals(code)) report("output-lost-literal", node);
  const visit = (node: Node): void => {
    checkNode(node, report);
    if (isFunction(node)) checkOrder(node.body.body, report);
    for (const child of listChildren(node)) visit(child);
  };
  visit(program);
  return refusals;
}

const ALLOWED_NODES: ReadonlySet<string> = new Set([
  ...[
    "ArrayExpression",
    "AssignmentExpression",
    "BinaryExpression",
    "BlockStatement",
    "BreakStatement",
    "CallExpression",
  ],
  ...["CatchClause", "ConditionalExpression", "ContinueStatement", "EmptyStatement"],
  ...[
    "ExpressionStatement",
    "ForInStatement",
    "ForStatement",
    "FunctionDeclaration",
    "FunctionExpression",
    "Identifier",
  ],
  ...[
    "IfStatement",
    "Literal",
    "LogicalExpression",
    "MemberExpression",
    "NewExpression",
    "ObjectExpression",
    "Program",
  ],
  ...["Property", "ReturnStatement", "SequenceExpression", "SwitchCase", "SwitchStatement", "ThisExpression"],
  ...[
    "ThrowStatement",
    "TryStatement",
    "UnaryExpression",
    "UpdateExpression",
    "VariableDeclaration",
    "VariableDeclarator",
  ],
  ...["WhileStatement"],
]);

function checkNode(node: Node, report: Report): void {
  if (!ALLOWED_NODES.has(node.type) || !isPlainForm(node)) report("output-syntax", node, node.type);
  if (node.type === "ForStatement" && node.init != null && beginsAsStatement(node.init))
    report("output-for-head", node);
  if (node.type === "VariableDeclarator") checkName(findName(node), node, report);
  if (isFunction(node)) for (const name of listDeclaredNames(node)) checkName(name, node, report);
}

/** What the type of a node alone does not tell. */
function isPlainForm(node: Node): boolean {
  switch (node.type) {
    case "Literal":
      return !("regex" in node) && !("bigint" in node) && !isWideNumber(node.value);
    case "VariableDeclaration":
      return node.kind === "var";
    case "FunctionDeclaration":
    case "FunctionExpression":
      return !node.async && !node.generator && node.params.every((one) => one.type === "Identifier");
    case "Property":
      return node.kind === "init" && !node.computed && !node.method && !node.shorthand;
    case "SwitchStatement":
      return (
        node.cases.every((one, index) => one.test != null || index === node.cases.length - 1) && hasPlainTests(node)
      );
    case "ForStatement":
      return node.test != null;
    case "UnaryExpression":
      return (
        node.operator !== "delete" || listOwnNodes([node.argument]).every((part) => part.type !== "CallExpression")
      );
    case "BinaryExpression":
      return node.operator !== "**";
    case "AssignmentExpression":
      return node.left.type === "Identifier" || node.left.type === "MemberExpression";
    case "LogicalExpression":
      return node.operator !== "??";
    case "CatchClause":
      return node.param?.type === "Identifier";
    case "CallExpression":
    case "MemberExpression":
      return !node.optional;
    default:
      return true;
  }
}

/** The interpreter goes on evaluating tests behind the case that matched. */
function hasPlainTests(node: Node & { type: "SwitchStatement" }): boolean {
  const tests = node.cases.flatMap((one) => (one.test == null ? [] : [one.test]));
  return listOwnNodes(tests).every((part) => !part.type.startsWith("Call") && part.type !== "AssignmentExpression");
}

function isWideNumber(value: unknown): boolean {
  return typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER;
}

function findName(node: Node & { type: "VariableDeclarator" }): string | undefined {
  return node.id.type === "Identifier" ? node.id.name : undefined;
}

function listDeclaredNames(node: FunctionNode): string[] {
  const parameters = node.params.flatMap((one) => (one.type === "Identifier" ? [one.name] : []));
  return node.id == null ? parameters : [node.id.name, ...parameters];
}

function checkName(name: string | undefined, node: Node, report: Report): void {
  if (name !== undefined && RESERVED_NAMES.includes(name)) report("output-name", node, name);
}

/** The first token decides: the interpreter reads the first part of a for head as a statement. */
function beginsAsStatement(node: Node): boolean {
  let first = node;
  for (let inner = getFirstPart(first); inner !== undefined; inner = getFirstPart(first)) first = inner;
  return first.type === "FunctionExpression" || first.type === "ObjectExpression";
}

function getFirstPart(node: Node): Node | undefined {
  switch (node.type) {
    case "SequenceExpression":
      return node.expressions[0];
    case "CallExpression":
      return node.callee;
    case "MemberExpression":
      return node.object;
    case "AssignmentExpression":
    case "BinaryExpression":
    case "LogicalExpression":
      return node.left;
    case "ConditionalExpression":
      return node.test;
    case "UpdateExpression":
      return node.prefix ? undefined : node.argument;
    default:
      return undefined;
  }
}

/** Functions and variables first, and no initialiser that could meet a variable still to be declared. */
function checkOrder(body: readonly Node[], report: Report): void {
  const own = listOwnNodes(body);
  const later = new Set(listVariableNames(own));
  let leading = true;
  for (const node of body) {
    if (node.type === "VariableDeclaration") {
      if (!leading) report("output-order", node);
      for (const one of node.declarations) {
        if (one.init != null && !isPlainInitialiser(one.init, own, later)) report("output-order", one);
        later.delete(getName(one.id));
      }
    } else if (node.type === "FunctionDeclaration") {
      if (!leading) report("output-order", node, node.id?.name);
    } else leading = false;
  }
  for (const node of own) {
    const declares = node.type === "VariableDeclaration" || node.type === "FunctionDeclaration";
    if (declares && !body.includes(node)) report("output-order", node);
  }
}
