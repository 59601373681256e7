// Owns the finding of kind `calls`: cycles in the graph of who calls whom, as far as the compiler can tell the callee from the types.
// A function handed to a timer or to a port is a node of its own and no call, so that what defers itself is no recursion; a function
// handed to a method of the library (map, forEach) runs at once and counts as called.
import * as ts from "typescript";
import { createRefusal, type Refusal } from "./dialect.ts";

interface CallGraph {
  checker: ts.TypeChecker;
  isOurs(file: ts.SourceFile): boolean;
  calls: Map<ts.Node, Set<ts.Node>>;
}

/** @param files those to judge. @param name how a file is called in refusals. */
export function checkRecursion(
  checker: ts.TypeChecker,
  files: readonly ts.SourceFile[],
  name: (file: ts.SourceFile) => string,
): Refusal[] {
  const graph: CallGraph = { checker, isOurs: (file) => files.includes(file), calls: new Map() };
  for (const file of files) collectCalls(graph, file, file);
  return findCycles(graph.calls).map((cycle) => {
    const first = cycle[0] as ts.Node;
    const file = first.getSourceFile();
    const at = file.getLineAndCharacterOfPosition(first.getStart(file));
    const detail = [...cycle, first].map(nameOfFunction).join(" -> ");
    return createRefusal("recursion", { file: name(file), line: at.line + 1, column: at.character + 1 }, detail);
  });
}

function collectCalls(graph: CallGraph, node: ts.Node, caller: ts.Node): void {
  const inside = isFunctionWithBody(node) ? node : caller;
  if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
    const callee = findCallee(graph, node);
    if (callee !== undefined) addCall(graph, inside, callee);
    else for (const handed of listHandedFunctions(graph, node)) addCall(graph, inside, handed);
  }
  ts.forEachChild(node, (child) => collectCalls(graph, child, inside));
}

function addCall(graph: CallGraph, caller: ts.Node, callee: ts.Node): void {
  const known = graph.calls.get(caller);
  if (known === undefined) graph.calls.set(caller, new Set([callee]));
  else known.add(callee);
}

function isFunctionWithBody(node: ts.Node): boolean {
  return ts.isFunctionLike(node) && "body" in node && node.body !== undefined;
}

function findCallee(graph: CallGraph, call: ts.CallExpression | ts.NewExpression): ts.Node | undefined {
  const declared = graph.checker.getResolvedSignature(call)?.declaration;
  if (declared !== undefined && isFunctionWithBody(declared) && graph.isOurs(declared.getSourceFile())) return declared;
  return findFunction(graph, call.expression);
}

/** The function a name stands for, where the name is a constant one. */
function findFunction(graph: CallGraph, expression: ts.Expression): ts.Node | undefined {
  if (isFunctionWithBody(expression)) return expression;
  if (!ts.isIdentifier(expression) && !ts.isPropertyAccessExpression(expression)) return undefined;
  let symbol = graph.checker.getSymbolAtLocation(expression);
  if (symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0)
    symbol = graph.checker.getAliasedSymbol(symbol);
  const declared = symbol?.valueDeclaration;
  if (declared === undefined || !graph.isOurs(declared.getSourceFile())) return undefined;
  if (isFunctionWithBody(declared)) return declared;
  if ((ts.isVariableDeclaration(declared) || ts.isPropertyAssignment(declared)) && declared.initializer !== undefined) {
    return isFunctionWithBody(declared.initializer) ? declared.initializer : undefined;
  }
  return undefined;
}

/** Functions given to a method of an array or text: it calls them before it returns. */
function listHandedFunctions(graph: CallGraph, call: ts.CallExpression | ts.NewExpression): ts.Node[] {
  if (!ts.isCallExpression(call) || !ts.isPropertyAccessExpression(call.expression)) return [];
  const declared = graph.checker.getResolvedSignature(call)?.declaration;
  if (declared === undefined || !declared.getSourceFile().fileName.endsWith("/firmware/lib/language.d.ts")) return [];
  return call.arguments.flatMap((argument) => findFunction(graph, argument) ?? []);
}

/** One shortest cycle through each function that is on any, the same cycle only once. */
function findCycles(calls: ReadonlyMap<ts.Node, ReadonlySet<ts.Node>>): ts.Node[][] {
  const cycles: ts.Node[][] = [];
  const seen = new Set<ts.Node>();
  for (const start of calls.keys()) {
    const cycle = seen.has(start) ? undefined : findPath(calls, start);
    if (cycle === undefined) continue;
    for (const node of cycle) seen.add(node);
    cycles.push(cycle);
  }
  return cycles;
}

/** The shortest way from `start` back to itself, without the return. */
function findPath(calls: ReadonlyMap<ts.Node, ReadonlySet<ts.Node>>, start: ts.Node): ts.Node[] | undefined {
  const cameFrom = new Map<ts.Node, ts.Node>();
  const open = [start];
  for (let node = open.shift(); node !== undefined; node = open.shift()) {
    for (const next of calls.get(node) ?? []) {
      if (next === start) {
        const path = [node];
        for (let back = node; back !== start; ) {
          back = cameFrom.get(back) as ts.Node;
          path.unshift(back);
        }
        return path;
      }
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, node);
      open.push(next);
    }
  }
  return undefined;
}

function nameOfFunction(node: ts.Node): string {
  const holder = node.parent;
  if ("name" in node && node.name !== undefined) return (node.name as ts.Node).getText();
  if (holder !== undefined && (ts.isVariableDeclaration(holder) || ts.isPropertyAssignment(holder))) {
    return holder.name.getText();
  }
  return ts.isConstructorDeclaration(node) ? `new ${node.parent.name?.text ?? "class"}` : "a function";
}
