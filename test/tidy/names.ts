// Owns the question whether a name in a program means something ambient: used as a value, and declared nowhere in the file.
import ts from "typescript";
import type { Source } from "./repository.ts";

/** Every name that the file declares anywhere: parameters, variables, functions, classes, imports. */
export function listDeclared(source: Source): Set<string> {
  const declarations = source.find(
    (node): node is ts.NamedDeclaration =>
      ts.isVariableDeclaration(node) ||
      ts.isParameter(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isFunctionExpression(node) ||
      ts.isClassDeclaration(node) ||
      ts.isBindingElement(node) ||
      ts.isImportSpecifier(node) ||
      ts.isNamespaceImport(node) ||
      ts.isImportClause(node),
  );
  const names = declarations.map((node) => node.name).filter((name) => name !== undefined && ts.isIdentifier(name));
  return new Set(names.map((name) => (name as ts.Identifier).text));
}

/** Uses of ambient `names` as values. */
export function findAmbient(source: Source, names: ReadonlySet<string>): ts.Identifier[] {
  const found = source.find((node): node is ts.Identifier => ts.isIdentifier(node) && names.has(node.text));
  if (found.length === 0) return [];
  const declared = listDeclared(source);
  return found.filter((node) => !declared.has(node.text) && isValue(node));
}

/** Is the identifier read as a value, and not the name of a member, a declaration or a type? */
function isValue(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node;
  if (ts.isQualifiedName(parent) || ts.isTypeNode(parent) || ts.isJSDoc(parent)) return false;
  if ("propertyName" in parent && parent.propertyName === node) return false;
  return !("name" in parent && parent.name === node) && !ts.isLabeledStatement(parent);
}

/** Uses of `object.name` where `object` is ambient (or any one of `objects`), as `object.name` texts with their nodes. */
export function findMembers(source: Source, objects: readonly string[], names: readonly string[]): ts.Node[] {
  return source.find(
    (node): node is ts.PropertyAccessExpression =>
      ts.isPropertyAccessExpression(node) &&
      ts.isIdentifier(node.expression) &&
      objects.includes(node.expression.text) &&
      names.includes(node.name.text),
  );
}

/** Names taken from a module by `import { ... }`, not for types, with their nodes. */
export function findNamedImports(source: Source, module: RegExp, names: readonly string[] | null): ts.Node[] {
  return source.find((node): node is ts.ImportSpecifier => {
    if (!ts.isImportSpecifier(node) || node.isTypeOnly || node.parent.parent.isTypeOnly) return false;
    const specifier = node.parent.parent.parent.moduleSpecifier;
    if (!ts.isStringLiteral(specifier) || !module.test(specifier.text)) return false;
    return names === null || names.includes((node.propertyName ?? node.name).text);
  });
}
