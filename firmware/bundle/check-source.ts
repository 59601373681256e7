// Owns the findings of kind `source`: forms of the TypeScript syntax tree that lower to something the interpreter lacks or gets wrong.
// It sees one file at a time and asks the compiler for types only where the form alone does not tell.
import ts from "typescript";
import { checkEvaluation } from "./check-evaluation.ts";
import { createRefusal, type DialectId, type Refusal } from "./dialect.ts";

export interface SourceFileToCheck {
  file: ts.SourceFile;
  checker: ts.TypeChecker;
  /** How the file is named in refusals. */
  name: string;
  /** board/ speaks of duties and voltages, and so may hold fractions. */
  mayHoldFractions: boolean;
  /** boot/ evaluates the slot it starts. */
  mayEvaluate: boolean;
}

type Report = (id: DialectId, node: ts.Node, detail?: string) => void;

export function checkSource(source: SourceFileToCheck): Refusal[] {
  const refusals: Refusal[] = [];
  const report: Report = (id, node, detail) => {
    refusals.push(createRefusal(id, placeOf(source, node.getStart(source.file)), detail));
  };
  checkText(source, refusals);
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) report("type-escape", node, "any");
    if (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) return;
    const refused = REFUSED_KINDS.get(node.kind);
    if (refused !== undefined) report(refused, node);
    checkStructure(node, report);
    checkClass(node, report);
    checkNumbers(source, node, report);
    checkReferences(source, node, report);
    checkEvaluation(source.checker, node, report);
    ts.forEachChild(node, visit);
  };
  visit(source.file);
  return refusals;
}

function placeOf(source: SourceFileToCheck, position: number): Omit<Refusal, "id" | "message"> {
  const at = source.file.getLineAndCharacterOfPosition(position);
  return { file: source.name, line: at.line + 1, column: at.character + 1 };
}

const TYPE_ESCAPES = ["@ts-ignore", "@ts-nocheck", "@ts-expect-error"];

function checkText(source: SourceFileToCheck, refusals: Refusal[]): void {
  for (const marker of TYPE_ESCAPES) {
    const at = source.file.text.indexOf(marker);
    if (at >= 0) refusals.push(createRefusal("type-escape", placeOf(source, at), marker));
  }
}

/** Forms that are refused wherever they stand. */
const REFUSED_KINDS: ReadonlyMap<ts.SyntaxKind, DialectId> = new Map([
  [ts.SyntaxKind.RegularExpressionLiteral, "regular-expression"],
  [ts.SyntaxKind.LabeledStatement, "label"],
  [ts.SyntaxKind.ForInStatement, "for-in"],
  [ts.SyntaxKind.DoStatement, "do-while"],
  [ts.SyntaxKind.AwaitExpression, "async"],
  [ts.SyntaxKind.YieldExpression, "generator"],
  [ts.SyntaxKind.PrivateIdentifier, "private-name"],
  [ts.SyntaxKind.TaggedTemplateExpression, "tagged-template"],
  [ts.SyntaxKind.BigIntLiteral, "bigint"],
  [ts.SyntaxKind.DebuggerStatement, "debugger"],
  [ts.SyntaxKind.Decorator, "decorator"],
  [ts.SyntaxKind.EnumDeclaration, "enumeration"],
  [ts.SyntaxKind.GetAccessor, "accessor"],
  [ts.SyntaxKind.SetAccessor, "accessor"],
]);

function checkStructure(node: ts.Node, report: Report): void {
  if (ts.isModuleDeclaration(node) && !hasModifier(node, ts.SyntaxKind.DeclareKeyword)) report("enumeration", node);
  if (ts.isForOfStatement(node) && node.awaitModifier !== undefined) report("async", node);
  if (ts.isCaseBlock(node)) {
    const at = node.clauses.findIndex(ts.isDefaultClause);
    const found = node.clauses[at];
    if (found !== undefined && at < node.clauses.length - 1) report("default-not-last", found);
  }
  if (ts.isFunctionLike(node)) {
    if (hasModifier(node, ts.SyntaxKind.AsyncKeyword)) report("async", node);
    if ("asteriskToken" in node && node.asteriskToken !== undefined) report("generator", node);
  }
  if (ts.isFunctionDeclaration(node) && !isTopOfFunction(node)) report("function-in-block", node, node.name?.text);
  if (ts.isBinaryExpression(node) && isPower(node.operatorToken.kind)) report("power", node);
}

function hasModifier(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((modifier) => modifier.kind === kind);
}

function isTopOfFunction(node: ts.FunctionDeclaration): boolean {
  return ts.isSourceFile(node.parent) || (ts.isBlock(node.parent) && ts.isFunctionLike(node.parent.parent));
}

function isPower(kind: ts.SyntaxKind): boolean {
  return kind === ts.SyntaxKind.AsteriskAsteriskToken || kind === ts.SyntaxKind.AsteriskAsteriskEqualsToken;
}

const BUILT_IN_CLASSES = new Set([
  ...[
    "Array",
    "ArrayBuffer",
    "Boolean",
    "DataView",
    "Date",
    "Error",
    "Function",
    "Int32Array",
    "Map",
    "Number",
    "Object",
  ],
  ...["Promise", "RangeError", "ReferenceError", "RegExp", "Set", "String", "SyntaxError", "TypeError", "Uint16Array"],
  ...["Uint32Array", "Uint8Array"],
]);

function checkClass(node: ts.Node, report: Report): void {
  if (ts.isHeritageClause(node) && node.token === ts.SyntaxKind.ExtendsKeyword && ts.isClassLike(node.parent)) {
    for (const base of node.types) {
      if (BUILT_IN_CLASSES.has(base.expression.getText())) report("extends-builtin", base, base.getText());
    }
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword) {
    if (BUILT_IN_CLASSES.has(node.right.getText())) report("instanceof-builtin", node, node.right.getText());
  }
}

const CUTTING_CALLS = new Set(["Math.floor", "Math.ceil"]);
const CUTTING_OPERATORS = new Set([
  ts.SyntaxKind.BarToken,
  ts.SyntaxKind.AmpersandToken,
  ts.SyntaxKind.CaretToken,
  ts.SyntaxKind.LessThanLessThanToken,
  ts.SyntaxKind.GreaterThanGreaterThanToken,
  ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken,
]);

function checkNumbers(source: SourceFileToCheck, node: ts.Node, report: Report): void {
  if (ts.isNumericLiteral(node)) {
    const value = Number(node.text);
    if (!Number.isInteger(value) && !source.mayHoldFractions) report("fraction", node, node.getText());
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) report("wide-number", node, node.getText());
  }
  if (!ts.isBinaryExpression(node)) return;
  const kind = node.operatorToken.kind;
  if (kind === ts.SyntaxKind.SlashEqualsToken) report("unrounded-division", node);
  if (kind === ts.SyntaxKind.SlashToken && !isCut(node)) report("unrounded-division", node);
}

/** The quotient is cut if, before it leaves its expression, it passes through one of the functions or operators that cut. */
function isCut(quotient: ts.Node): boolean {
  for (let node = quotient; ; node = node.parent) {
    const parent = node.parent;
    if (ts.isCallExpression(parent)) return CUTTING_CALLS.has(parent.expression.getText());
    if (ts.isPrefixUnaryExpression(parent) && parent.operator === ts.SyntaxKind.TildeToken) return true;
    if (ts.isBinaryExpression(parent)) {
      if (CUTTING_OPERATORS.has(parent.operatorToken.kind)) return true;
      if (!isArithmetic(parent.operatorToken.kind)) return false;
    } else if (!ts.isParenthesizedExpression(parent) && !ts.isPrefixUnaryExpression(parent)) return false;
  }
}

function isArithmetic(kind: ts.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.PlusToken && kind <= ts.SyntaxKind.PercentToken;
}

function checkReferences(source: SourceFileToCheck, node: ts.Node, report: Report): void {
  if (ts.isIdentifier(node)) checkIdentifier(source, node, report);
  if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
    if ([...node.text].some((character) => character > "\xff") || isWide(node.getText()))
      report("wide-character", node);
  }
  if (ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind) && nameOfMember(node.left) === "length") {
    report("length-assignment", node);
  }
  if ((ts.isPropertyAssignment(node) || ts.isMethodDeclaration(node)) && isNumberName(node.name)) {
    report("numeric-key", node.name, node.name.getText());
  }
  if (ts.isElementAccessExpression(node) && isNumberOnObject(source.checker, node)) {
    report("numeric-key", node, node.getText());
  }
}

function checkIdentifier(source: SourceFileToCheck, node: ts.Identifier, report: Report): void {
  if (node.text === "arguments") report("arguments", node);
  if (node.text === "prototype" || node.text === "__proto__") report("prototype", node);
  if (isWide(node.text)) report("wide-character", node, JSON.stringify(node.text));
  const called =
    (ts.isCallExpression(node.parent) || ts.isNewExpression(node.parent)) && node.parent.expression === node;
  if (called && (node.text === "eval" || node.text === "Function") && !source.mayEvaluate) report("eval", node);
}

function isWide(text: string): boolean {
  return [...text].some((character) => character > "\x7e");
}

function isAssignment(kind: ts.SyntaxKind): boolean {
  return kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;
}

function nameOfMember(node: ts.Expression): string | undefined {
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  return ts.isElementAccessExpression(node) && ts.isStringLiteral(node.argumentExpression)
    ? node.argumentExpression.text
    : undefined;
}

function isNumberName(name: ts.PropertyName): boolean {
  const text = ts.isNumericLiteral(name) || ts.isStringLiteral(name) ? name.text : "";
  return text !== "" && String(Math.floor(Number(text))) === text;
}

/** True where a number indexes what is neither an array nor a text nor a typed array. */
function isNumberOnObject(checker: ts.TypeChecker, node: ts.ElementAccessExpression): boolean {
  if (!isOfFlag(checker.getTypeAtLocation(node.argumentExpression), ts.TypeFlags.NumberLike)) return false;
  const type = checker.getApparentType(checker.getTypeAtLocation(node.expression));
  if (isOfFlag(type, ts.TypeFlags.Any)) return false;
  const members = type.isUnion() ? type.types : [type];
  return !members.every((member) => {
    const length = checker.getPropertyOfType(checker.getApparentType(member), "length");
    return length !== undefined || checker.isTupleType(member);
  });
}

function isOfFlag(type: ts.Type, flag: ts.TypeFlags): boolean {
  return (type.flags & flag) !== 0;
}
