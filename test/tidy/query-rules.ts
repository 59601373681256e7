// Owns the shape of a room's queries/: one operation per file, and beside the operations what several of them share.
import * as path from "node:path";
import ts from "typescript";
import { subjectOf } from "./places.ts";
import type { Source } from "./repository.ts";
import { at, type Finding, forEachSource, type Rule } from "./rule.ts";

interface ExportedValue {
  name: string;
  node: ts.Node;
  isOperation: boolean;
}

/**
 * A file that asks the database exports the asking and nothing else but types. A file none of whose exports asks it is a shared concept:
 * mappings of rows, beginnings of queries, the connection of live. Both are told apart by what is exported, not by a list of names.
 */
const oneOperationPerFile: Rule = {
  name: "one operation per file",
  reason:
    "what an operation may touch is judged one at a time, and found by its name; what shares a file grows together",
  instead:
    "a file of its own, called after the function; what several share goes to a file called after its concept, which asks nothing itself",
  check: forEachSource((source) => {
    if (subjectOf(source.path)?.part !== "queries") return [];
    return [...source.find(ts.isExportDeclaration).flatMap(judgeList(source)), ...judgeValues(source)];
  }),
};

function judgeList(source: Source): (node: ts.ExportDeclaration) => Finding[] {
  return (node) => (node.isTypeOnly ? [] : [at(source, node, "exports by a list, away from what it names")]);
}

function judgeValues(source: Source): Finding[] {
  const values = source.ast.statements.flatMap(listExported);
  const operation = values.find((value) => value.isOperation);
  if (operation === undefined) return [];
  const file = path.posix.basename(source.path, ".ts");
  const others = values.filter((value) => value !== operation);
  return [
    ...others.map(({ name, node }) => at(source, node, `exports ${name} besides ${operation.name}`)),
    ...(toKebab(operation.name) === file ? [] : [at(source, operation.node, `${operation.name} in a file ${file}`)]),
  ];
}

function listExported(node: ts.Statement): ExportedValue[] {
  if (!ts.canHaveModifiers(node)) return [];
  if (!ts.getModifiers(node)?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword)) return [];
  if (ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node))
    return [{ name: node.name?.text ?? "", node, isOperation: ts.isFunctionDeclaration(node) && asksDatabase(node) }];
  if (!ts.isVariableStatement(node)) return [];
  return node.declarationList.declarations.map((one) => {
    const made = one.initializer;
    const isFunction = made !== undefined && (ts.isArrowFunction(made) || ts.isFunctionExpression(made));
    return { name: one.name.getText(), node: one, isOperation: isFunction && asksDatabase(made) };
  });
}

/** It is async, says that it returns a promise, or executes a query on the way. */
function asksDatabase(node: ts.FunctionDeclaration | ts.FunctionExpression | ts.ArrowFunction): boolean {
  const isAsync = node.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.AsyncKeyword);
  return isAsync === true || /^Promise\b/.test(node.type?.getText() ?? "") || executes(node);
}

function executes(node: ts.Node): boolean {
  const isExecuted =
    ts.isCallExpression(node) &&
    ts.isPropertyAccessExpression(node.expression) &&
    /^execute/.test(node.expression.name.text);
  return isExecuted || ts.forEachChild(node, executes) === true;
}

function toKebab(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
}

export const QUERY_RULES: Rule[] = [oneOperationPerFile];
