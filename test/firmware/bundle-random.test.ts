// Programs of the dialect made at random mean the same as written, once built, and on the interpreter: what the pipeline rewrites, and
// what the interpreter evaluates in an order of its own, would show here.
import * as path from "node:path";
import * as fc from "fast-check";
import ts from "typescript";
import * as assert from "uvu/assert";
import { buildProgram } from "../../firmware/bundle/build.ts";
import { checkOutput } from "../../firmware/bundle/check-output.ts";
import { getEspruino } from "../support/espruino.ts";
import { checkProperty } from "../support/property.ts";
import { suite } from "../support/suite.ts";
import { runOnInterpreter, runOnNode } from "./dialect/measured.ts";
import { createProgram } from "./dialect/random-program.ts";

const test = suite("bundle random", { limitMs: 60_000 });
const root = path.resolve(import.meta.dirname, "../..");
const entry = path.join(root, "firmware", "random.ts");
/** A smaller seed is no simpler program. */
const seeds = fc.noShrink(fc.integer({ min: 1, max: 1_000_000_000 }));

function runAsWritten(program: string): string[] {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS };
  return runOnNode(ts.transpileModule(program, { compilerOptions }).outputText);
}

async function build(program: string): Promise<string> {
  const { code } = await buildProgram({ root, entry, overlay: new Map([[entry, program]]) });
  assert.equal(checkOutput(code, "random"), []);
  return code;
}

test("a program answers on Node as it was written, once built", async () => {
  const holds = async (seed: number) => {
    const program = createProgram(seed);
    assert.equal(runOnNode(await build(program)), runAsWritten(program), program);
  };
  await checkProperty(fc.asyncProperty(seeds, holds), 60);
});

test("a program answers on the interpreter as it was written", async () => {
  const bin = getEspruino();
  const holds = async (seed: number) => {
    const program = createProgram(seed);
    assert.equal(await runOnInterpreter(bin, await build(program)), runAsWritten(program), program);
  };
  await checkProperty(fc.asyncProperty(seeds, holds), 30);
});
