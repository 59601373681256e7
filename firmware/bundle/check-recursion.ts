// Owns the finding of kind `calls`: functions that call themselves, directly or through others.
import type ts from "typescript";
import { type Calls, nameOfFunction } from "./call-graph.ts";
import { createRefusal, type Refusal } from "./dialect.ts";

/** @param name how a file is called in refusals. */
export function checkRecursion(calls: Calls, name: (file: ts.SourceFile) => string): Refusal[] {
  return findCycles(calls).map((cycle) => {
    const first = cycle[0] as ts.Node;
    const file = first.getSourceFile();
    const at = file.getLineAndCharacterOfPosition(first.getStart(file));
    const detail = [...cycle, first].map(nameOfFunction).join(" -> ");
    return createRefusal("recursion", { file: name(file), line: at.line + 1, column: at.character + 1 }, detail);
  });
}

/** One shortest cycle through each function that is on any, the same cycle only once. */
function findCycles(calls: Calls): ts.Node[][] {
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
function findPath(calls: Calls, start: ts.Node): ts.Node[] | undefined {
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
