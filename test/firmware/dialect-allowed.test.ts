// What the dialect allows means the same three times: as modern JavaScript on Node, as the built program on Node, and as the built
// program on the interpreter.
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import ts from "typescript";
import * as assert from "uvu/assert";
import { buildProgram } from "../../firmware/bundle/build.ts";
import { checkOutput } from "../../firmware/bundle/check-output.ts";
import { getEspruino } from "../support/espruino.ts";
import { suite } from "../support/suite.ts";
import { runOnInterpreter, runOnNode } from "./dialect/measured.ts";

const test = suite("dialect allowed");
const root = path.resolve(import.meta.dirname, "../..");
const folder = path.join(import.meta.dirname, "dialect", "allowed");

function runAsWritten(file: string): string[] {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS };
  return runOnNode(ts.transpileModule(readFileSync(file, "utf8"), { compilerOptions }).outputText);
}

for (const name of readdirSync(folder)) {
  const file = path.join(folder, name);

  test(`${name} answers on Node as it was written, once built`, async () => {
    const { code } = await buildProgram({ root, entry: file });
    assert.equal(checkOutput(code, name), []);
    const answers = runAsWritten(file);
    assert.ok(answers.length > 5, "it answers something");
    assert.equal(
      answers.filter((answer) => answer.startsWith("error")),
      [],
    );
    assert.equal(runOnNode(code), answers);
  });

  test(`${name} answers on the interpreter as on Node`, async () => {
    const bin = getEspruino();
    const { code } = await buildProgram({ root, entry: file });
    assert.equal(await runOnInterpreter(bin, code), runAsWritten(file));
  });
}
