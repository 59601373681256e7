// Owns the graph of who calls whom in the device sources, as far as the compiler can tell the callee from the types. A function handed to
// a timer or to a port is a node of its own and no call, so that what defers itself is no recursion; a function handed to a method of
// the library (map, forEach) runs at once and counts as called. Calls through ports, and through functions kept in fields, are not seen.
import ts from "typescript";

export type Calls = ReadonlyMap<ts.Node, ReadonlySet<ts.Node>>;

interface CallGraph {
  checker: ts.TypeChecker;
  isOurs(file: ts.SourceFile): boolean;
  calls: Map<ts.Node, Set<ts.Node>>;
}

/** From each function, and from the top of each file, to what it calls. @param files those of the device. */
export function createCallGraph(checker: ts.TypeChecker, files: readonly ts.SourceFile[]): Calls {
  const graph: CallGraph = { checker, isOurs: (file) => files.includes(file), calls: new Map() };
  for (const file of files) collectCalls(graph, file, file);
  return graph.calls;
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

/** The longest chain of calls, first caller first. Calls that lead back into the chain are left out. */
export function findDeepestChain(calls: Calls): ts.Node[] {
  const known = new Map<ts.Node, ts.Node[]>();
  const open = new Set<ts.Node>();
  const chainFrom = (node: ts.Node): ts.Node[] => {
    const found = known.get(node);
    if (found !== undefined) return found;
    open.add(node);
    let longest: ts.Node[] = [];
    for (const next of calls.get(node) ?? []) {
      const chain = open.has(next) ? [] : chainFrom(next);
      if (chain.length > longest.length) longest = chain;
    }
    open.delete(node);
    const chain = [node, ...longest];
    known.set(node, chain);
    return chain;
  };
  return [...calls.keys()].map(chainFrom).reduce((longest, one) => (one.length > longest.length ? one : longest), []);
}

/** How a person calls it. */
export function nameOfFunction(node: ts.Node): string {
  const holder = node.parent;
  if ("name" in node && node.name !== undefined) return (node.name as ts.Node).getText();
  if (holder !== undefined && (ts.isVariableDeclaration(holder) || ts.isPropertyAssignment(holder))) {
    return holder.name.getText();
  }
  return ts.isConstructorDeclaration(node) ? `new ${node.parent.name?.text ?? "class"}` : "a function";
}
