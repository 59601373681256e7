// Owns the findings of kind `types`: what the compiler refuses against the restricted library (firmware/lib, firmware/board), told in
// terms of the dialect. An error that belongs to no row is still a refusal, under `type-error`.
import ts from "typescript";
import { createRefusal, DIALECT, type DialectId, type DialectRule, type Refusal } from "./dialect.ts";

/** `name` tells how a file is called in refusals; undefined for files that are not ours to judge. */
export function checkTypes(program: ts.Program, name: (file: ts.SourceFile) => string | undefined): Refusal[] {
  const checker = program.getTypeChecker();
  const refusals: Refusal[] = [];
  for (const diagnostic of ts.getPreEmitDiagnostics(program)) {
    const { file, start = 0 } = diagnostic;
    const called = file === undefined ? "firmware/tsconfig.json" : name(file);
    if (called === undefined) continue;
    const at = file?.getLineAndCharacterOfPosition(start) ?? { line: 0, character: 0 };
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, " ");
    const node = file && findNode(file, start);
    const id = node === undefined ? "type-error" : classify(checker, diagnostic.code, node);
    const detail = id === "type-error" ? `${text} TS${diagnostic.code}` : (node?.getText() ?? text);
    refusals.push(createRefusal(id, { file: called, line: at.line + 1, column: at.character + 1 }, detail));
  }
  return refusals;
}

const UNKNOWN_NAME = new Set([
  2304, 2318, 2503, 2552, 2580, 2581, 2582, 2583, 2584, 2585, 2591, 2592, 2593, 2693, 18004,
]);
const UNKNOWN_MEMBER = new Set([2339, 2550, 2551, 2570]);
const NO_ITERATOR = new Set([2461, 2488, 2489, 2495, 2548, 2549, 2569, 2802]);
const ASYNC = new Set([1055, 1064, 2697, 2705, 2712]);
const UNREACHABLE = 7027;
const PRIVATE_NAME = 18028;
const READ_ONLY = 2540;
const BIGINT = 2737;

function classify(checker: ts.TypeChecker, code: number, node: ts.Node): DialectId {
  if (code === UNREACHABLE) return "unreachable";
  if (code === PRIVATE_NAME) return "private-name";
  if (code === BIGINT) return "bigint";
  if (code === READ_ONLY && node.getText() === "length") return "length-assignment";
  if (NO_ITERATOR.has(code)) return "iteration";
  if (ASYNC.has(code)) return "async";
  if (UNKNOWN_NAME.has(code)) return findRow(node.getText()) ?? "foreign-global";
  if (UNKNOWN_MEMBER.has(code) && ts.isPropertyAccessExpression(node.parent)) {
    const owner = nameOfOwner(checker, node.parent.expression);
    return findRow(`${owner}${node.getText()}`) ?? "type-error";
  }
  return "type-error";
}

const ROW_OF_NAME = new Map<string, DialectId>(
  DIALECT.flatMap((rule: DialectRule & { id: DialectId }) =>
    (rule.names ?? []).map((one): [string, DialectId] => [one, rule.id]),
  ),
);

function findRow(name: string): DialectId | undefined {
  return ROW_OF_NAME.get(name);
}

/** `Array.` for the class itself, `Array#` for its instances. */
function nameOfOwner(checker: ts.TypeChecker, expression: ts.Expression): string {
  const type = checker.getTypeAtLocation(expression);
  const symbol = type.getSymbol()?.getName() ?? "";
  if (ts.isIdentifier(expression) && isStatic(expression.text, symbol)) return `${expression.text}.`;
  if ((type.flags & ts.TypeFlags.StringLike) !== 0) return "String#";
  if ((type.flags & ts.TypeFlags.NumberLike) !== 0) return "Number#";
  if (checker.isArrayLikeType(type)) return "Array#";
  if (symbol.endsWith("Array")) return "TypedArray#";
  if (type.getCallSignatures().length > 0 || type.getConstructSignatures().length > 0) return "Function#";
  return `${symbol}#`;
}

function isStatic(text: string, symbol: string): boolean {
  return symbol === `${text}Constructor` || (symbol === "TypedArrayConstructor" && text.endsWith("Array"));
}

function findNode(file: ts.SourceFile, position: number): ts.Node | undefined {
  let found: ts.Node | undefined;
  const visit = (node: ts.Node): void => {
    if (position < node.getStart(file) || position >= node.getEnd()) return;
    found = node;
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}
