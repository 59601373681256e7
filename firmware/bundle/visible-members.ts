// Owns which names of members are seen from outside the program, and so must stay as they are when the others are shortened: those of the
// interpreter and its board, and those that the program itself treats as data.
import ts from "typescript";
import type { DeviceProgram } from "./check-firmware.ts";

/**
 * Every member the declarations of firmware/lib and firmware/board name; and every member written without quotes where the type says
 * that any name may stand (`{ [name: string]: ... }`), as with the headers of a request.
 */
export function listVisibleMembers({ program, files }: DeviceProgram): Set<string> {
  const names = new Set<string>();
  const checker = program.getTypeChecker();
  for (const file of program.getSourceFiles()) if (file.isDeclarationFile) collectDeclared(file, names);
  for (const file of files) collectOpen(file, checker, names);
  return names;
}

function collectDeclared(node: ts.Node, names: Set<string>): void {
  if (ts.isTypeElement(node) || ts.isVariableDeclaration(node) || ts.isPropertyAssignment(node)) {
    if (node.name && (ts.isIdentifier(node.name) || ts.isStringLiteral(node.name))) names.add(node.name.text);
  }
  ts.forEachChild(node, (child) => collectDeclared(child, names));
}

function collectOpen(node: ts.Node, checker: ts.TypeChecker, names: Set<string>): void {
  if (ts.isObjectLiteralExpression(node)) {
    const type = checker.getContextualType(node);
    if (type !== undefined && isOpen(checker, type)) {
      for (const { name } of node.properties) if (name && ts.isIdentifier(name)) names.add(name.text);
    }
  } else if (ts.isPropertyAccessExpression(node) && isOpen(checker, checker.getTypeAtLocation(node.expression))) {
    names.add(node.name.text);
  }
  ts.forEachChild(node, (child) => collectOpen(child, checker, names));
}

function isOpen(checker: ts.TypeChecker, type: ts.Type): boolean {
  const parts = type.isUnion() ? type.types : [type];
  return parts.some((part) =>
    checker.getIndexInfosOfType(part).some(({ keyType }) => keyType.flags & ts.TypeFlags.String),
  );
}
