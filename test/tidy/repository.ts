// Owns the model that the rules look at: every file of the repository with its text, every program file parsed once, its imports
// resolved. What is right or wrong about any of it is the rules' business.
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import ts from "typescript";

export interface Import {
  specifier: string;
  /** The file of the repository it means; null for a package, a module of Node, or a file that is not there. */
  target: string | null;
  /** Name of the npm package, or `node:` and the module; null for a file. */
  from: string | null;
  /** Erased before anything runs. */
  typeOnly: boolean;
  /** `import "./x.ts"`: for its effects alone. */
  bare: boolean;
  line: number;
}

export interface Source {
  path: string;
  text: string;
  ast: ts.SourceFile;
  imports: Import[];
  /** All nodes of a kind, in order of appearance. */
  find<T extends ts.Node>(is: (node: ts.Node) => node is T): T[];
  lineOf(node: ts.Node): number;
}

export interface Repository {
  /** Every file that git knows or would add, except binary ones. Paths have slashes and are relative to the root. */
  texts: Map<string, string>;
  sources: Source[];
}

const CONTRACT = "firmware/protocol/index.ts";
const PROGRAM_FILE = /\.(ts|js|mjs)$/;

/** @throws Error when `root` is no checkout of git. */
export function readRepository(root: string): Repository {
  const listing = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], { cwd: root });
  const names = listing.toString("utf8").split("\0").filter(Boolean);
  const texts = new Map<string, string>();
  for (const name of [...new Set(names)].sort()) {
    const file = path.join(root, name);
    // A file may be listed and already removed, or be a link to nowhere.
    if (!fs.statSync(file, { throwIfNoEntry: false })?.isFile()) continue;
    const data = fs.readFileSync(file);
    if (!data.includes(0)) texts.set(name, data.toString("utf8"));
  }
  return createRepository(texts);
}

export function createRepository(texts: Map<string, string>): Repository {
  const names = [...texts.keys()].filter((name) => PROGRAM_FILE.test(name));
  return { texts, sources: names.map((name) => parseSource(name, texts)) };
}

function parseSource(name: string, texts: Map<string, string>): Source {
  const text = texts.get(name) ?? "";
  const options = { languageVersion: ts.ScriptTarget.ES2023, jsDocParsingMode: ts.JSDocParsingMode.ParseNone };
  const ast = ts.createSourceFile(name, text, options, true);
  const nodes: ts.Node[] = [];
  const collect = (node: ts.Node): void => {
    nodes.push(node);
    ts.forEachChild(node, collect);
  };
  collect(ast);
  const lineOf = (node: ts.Node) => ast.getLineAndCharacterOfPosition(node.getStart(ast)).line + 1;
  const source: Source = { path: name, text, ast, imports: [], find: (is) => nodes.filter(is), lineOf };
  source.imports = nodes.flatMap((node) => {
    const found = parseImport(node);
    return found === null ? [] : [{ ...found, ...resolve(found.specifier, name, texts), line: lineOf(node) }];
  });
  return source;
}

function parseImport(node: ts.Node): Pick<Import, "specifier" | "typeOnly" | "bare"> | null {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    const typeOnly = isTypeOnlyClause(node.importClause);
    return { specifier: node.moduleSpecifier.text, typeOnly, bare: node.importClause === undefined };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier))
    return { specifier: node.moduleSpecifier.text, typeOnly: node.isTypeOnly, bare: false };
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const argument = node.arguments[0];
    return argument && ts.isStringLiteral(argument) ? { specifier: argument.text, typeOnly: false, bare: false } : null;
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal))
    return { specifier: node.argument.literal.text, typeOnly: true, bare: false };
  return null;
}

function isTypeOnlyClause(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const bindings = clause.namedBindings;
  if (clause.name !== undefined || bindings === undefined || !ts.isNamedImports(bindings)) return false;
  return bindings.elements.every((element) => element.isTypeOnly);
}

function resolve(specifier: string, from: string, texts: Map<string, string>): Pick<Import, "target" | "from"> {
  if (specifier === "#protocol") return { target: CONTRACT, from: null };
  if (specifier.startsWith(".")) {
    const target = path.posix.join(path.posix.dirname(from), specifier);
    return { target: texts.has(target) ? target : null, from: null };
  }
  if (specifier.startsWith("node:")) return { target: null, from: specifier };
  const parts = specifier.split("/");
  return { target: null, from: parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/") };
}
