// Owns the findings of kind `source` that concern when the interpreter evaluates what: places made before the call that fills them, tests
// evaluated behind a match, jumps out of finally, equality that converts. Called for each node by check-source.ts.
import ts from "typescript";
import type { DialectId } from "./dialect.ts";

type Report = (id: DialectId, node: ts.Node, detail?: string) => void;

export function checkEvaluation(checker: ts.TypeChecker, node: ts.Node, report: Report): void {
  if (ts.isCaseClause(node) && !isConstant(node.expression)) report("case-test", node.expression);
  if (ts.isTryStatement(node) && node.finallyBlock !== undefined) checkFinally(node.finallyBlock, report);
  if (ts.isDeleteExpression(node) && !isConstant(node.expression)) report("delete-of-call", node);
  if (!ts.isBinaryExpression(node)) return;
  const kind = node.operatorToken.kind;
  const loose = kind === ts.SyntaxKind.EqualsEqualsToken || kind === ts.SyntaxKind.ExclamationEqualsToken;
  if (loose && convertsObject(checker, node)) report("loose-equality", node);
  if (kind === ts.SyntaxKind.EqualsToken && mayBeMissing(checker, node.left) && callsOurs(checker, node.right)) {
    report("late-element", node, node.left.getText());
  }
}

function convertsObject(checker: ts.TypeChecker, node: ts.BinaryExpression): boolean {
  const sides = [node.left, node.right].map((side) => checker.getTypeAtLocation(side));
  if (sides.some((type) => (type.flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined)) !== 0)) return false;
  const members = sides.flatMap((type) => (type.isUnion() ? type.types : [type]));
  return members.some((type) => (type.flags & ts.TypeFlags.Object) !== 0);
}

function isConstant(node: ts.Node): boolean {
  if (ts.isCallExpression(node) || ts.isNewExpression(node) || ts.isPostfixUnaryExpression(node)) return false;
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken) return false;
  return node.forEachChild((child) => !isConstant(child) || undefined) === undefined;
}

/** A jump that stays inside, as a break out of a loop of its own, is none. */
function checkFinally(block: ts.Node, report: Report): void {
  const visit = (node: ts.Node, inLoop: boolean): void => {
    if (ts.isFunctionLike(node)) return;
    const leaves = ts.isReturnStatement(node) || ts.isThrowStatement(node);
    if (leaves || (!inLoop && ts.isBreakOrContinueStatement(node))) report("jump-in-finally", node);
    const loop = inLoop || ts.isIterationStatement(node, false) || ts.isSwitchStatement(node);
    ts.forEachChild(node, (child) => visit(child, loop));
  };
  visit(block, false);
}

/** Whether the member that is assigned to may not exist before. */
function mayBeMissing(checker: ts.TypeChecker, left: ts.Expression): boolean {
  if (ts.isElementAccessExpression(left)) {
    return checker.getTypeAtLocation(left.expression).getSymbol()?.getName().startsWith("Uint") !== true;
  }
  if (!ts.isPropertyAccessExpression(left)) return false;
  const member = checker.getSymbolAtLocation(left.name);
  return member === undefined || (member.flags & ts.SymbolFlags.Optional) !== 0;
}

/** Whether a call reaches code of ours, which alone could touch the member; the library's functions do not. */
function callsOurs(checker: ts.TypeChecker, node: ts.Node): boolean {
  if (ts.isFunctionLike(node)) return false;
  if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
    const declared = checker.getResolvedSignature(node)?.declaration?.getSourceFile();
    if (declared === undefined || !declared.fileName.endsWith("/firmware/lib/language.d.ts")) return true;
    if (node.arguments?.some((argument) => ts.isFunctionLike(argument)) === true) return true;
  }
  return node.forEachChild((child) => callsOurs(checker, child) || undefined) === true;
}
