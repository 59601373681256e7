// Owns what is told of the built bytes beside their size: how many functions stand in them, what they cost in variables at rest, and how
// deep calls can go. The costs were measured on the interpreter, booted from Storage; the chains are what the compiler can see.
import { readFile } from "node:fs/promises";
import { createCallGraph, findDeepestChain, nameOfFunction } from "./call-graph.ts";
import { createDeviceProgram } from "./check-firmware.ts";
import { isFunction, listOwnNodes, type Node, parseProgram } from "./syntax-tree.ts";

export interface ProgramStats {
  /** In bytes. */
  size: number;
  functions: number;
  /** Declared or made at the top level: they are there as long as the program runs. */
  residentFunctions: number;
  /** An estimate of the variables those and the outermost names take, before anything is created. */
  residentVariables: number;
}

const VARIABLES_OF_FUNCTION = 4;
const VARIABLES_OF_PARAMETER = 1;
const VARIABLES_OF_NAME = 2;

/** @param file a built program. */
export async function readStats(file: string): Promise<ProgramStats> {
  const code = await readFile(file, "latin1");
  const { body } = parseProgram(code);
  const own = listOwnNodes(body);
  const resident = own.filter(isFunction);
  const names = own.reduce(
    (sum, node) => sum + (node.type === "VariableDeclaration" ? node.declarations.length : 0),
    0,
  );
  const parameters = resident.reduce((sum, node) => sum + node.params.length, 0);
  return {
    size: code.length,
    functions: listFunctionNodes(body).length,
    residentFunctions: resident.length,
    residentVariables:
      resident.length * VARIABLES_OF_FUNCTION + parameters * VARIABLES_OF_PARAMETER + names * VARIABLES_OF_NAME,
  };
}

function listFunctionNodes(body: readonly Node[]): Node[] {
  const found = listOwnNodes(body).filter(isFunction);
  for (const node of found) found.push(...listOwnNodes(node.body.body).filter(isFunction));
  return found;
}

/** The longest chain of calls in the device sources, by name. */
export function listDeepestChain(root: string): string[] {
  const { program, files } = createDeviceProgram(root);
  return findDeepestChain(createCallGraph(program.getTypeChecker(), files)).map(nameOfFunction);
}
