// The contract on the real interpreter: every golden, every fault and generated records, asked there and here, with equal answers
// [WIRE-1]. Runs where ESPRUINO_BIN names the interpreter; the program is made by the firmware's own pipeline.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import * as fc from "fast-check";
import * as assert from "uvu/assert";
import { buildProgram } from "../../firmware/bundle/build.ts";
import { checkOutput } from "../../firmware/bundle/check-output.ts";
import { getEspruino, installOnEspruino, startEspruinoBoard } from "../support/espruino.ts";
import { eventually } from "../support/eventually.ts";
import { getSeed } from "../support/property.ts";
import { suite } from "../support/suite.ts";
import { readGolden, readGoldenLines, readPairs } from "./golden.ts";
import { answer } from "./interpreter-answers.ts";
import { FAULTS } from "./malformed.ts";
import { RECORDS, wildValues } from "./records.ts";
import { SEAL_FAULTS, SEALED } from "./seal-faults.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const LIMIT_MS = 60_000;
/** Turns of an empty loop that reading may cost: several times what was measured, for a busy machine. */
const COSTS_MAX: [bytes: number, turns: number][] = [
  [93, 4_000],
  [1024, 20_000],
];

const test = suite("the contract on the real interpreter", { limitMs: LIMIT_MS + 10_000 });

function ask(question: string, name: string, given: unknown): string {
  return `${question} ${name} ${JSON.stringify(given)}`;
}

/** Characters beyond 255 do not exist there. */
function isBytes(text: string): boolean {
  return [...text].every((c) => c.length === 1 && c <= "\xff");
}

function listGoldenQuestions(): string[] {
  const records = RECORDS.flatMap(({ name }) =>
    readGolden(name).flatMap(({ value, bytes }) => [ask("encode", name, value), ask("decode", name, bytes)]),
  );
  const consoles = readPairs(readGoldenLines("console")).flatMap(({ bytes }) => [
    ask("line", "-", bytes),
    ask("order", "-", bytes),
  ]);
  const topics = readGoldenLines("topics").map((line) => ask("topic", "-", line));
  const codes = ["abcd-234-efg", "ABCD234EF0", " - "].map((typed) => ask("code", "-", typed));
  const sealed = readPairs(readGoldenLines("sealed").slice(1)).map(({ bytes }) =>
    ask("sealed", "-", JSON.parse(bytes)),
  );
  return [...records, ...consoles, ...topics, ...codes, ...sealed];
}

function listFaultQuestions(): string[] {
  return ["event", "identity"].flatMap((name) => {
    const bytes = readGolden(name)[0]?.bytes ?? "";
    const spoiled = FAULTS.map(([, spoil]) => spoil(bytes)).filter(isBytes);
    return spoiled.map((text) => ask("decode", name, text));
  });
}

function listSealFaultQuestions(): string[] {
  return SEAL_FAULTS.map(([, spoil]) => spoil(SEALED))
    .filter(isBytes)
    .map((payload) => ask("sealed", "-", payload));
}

function listRandomQuestions(seed: number): string[] {
  const sample = <T>(values: fc.Arbitrary<T>, count: number) => fc.sample(values, { seed, numRuns: count });
  const integers = sample(fc.maxSafeInteger(), 150).flatMap((n) => [n, Math.trunc(n / 1e6)]);
  const records = RECORDS.flatMap(({ name, values, encode }) => [
    ...sample(values, 5).flatMap((value) => [ask("encode", name, value), ask("decode", name, encode(value))]),
    ...sample(wildValues(readGolden(name)[0]?.value ?? {}), 3)
      .map((value) => JSON.stringify(value))
      .filter((json) => isBytes(json) && !/[.e]|-0\b/.test(json.replaceAll(/"(?:[^"\\]|\\.)*"/g, "")))
      .map((json) => ask("encode", name, JSON.parse(json))),
  ]);
  return [...integers.map((n) => ask("integer", "-", n)), ...records];
}

/** What the program printed, booted from Storage as a trap's is: from memory it would not fit. */
async function runProgram(binary: string, program: string, questions: string[]): Promise<readonly string[]> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-interpreter-"));
  fs.writeFileSync(path.join(folder, "questions"), `${questions.join("\n")}\n`, "latin1");
  await installOnEspruino(binary, folder, { ".bootcde": program });
  const board = startEspruinoBoard(binary, folder);
  try {
    await eventually(() => board.lines.includes("DONE"), {
      withinMs: LIMIT_MS,
      because: "the interpreter answers every question",
    });
    return board.lines;
  } finally {
    await board.stop();
    fs.rmSync(folder, { recursive: true });
  }
}

test("every answer there is the answer here, and reading costs what it was measured to cost", async () => {
  const binary = getEspruino();
  const entry = path.join(import.meta.dirname, "interpreter-program.ts");
  const program = await buildProgram({ root: ROOT, entry });
  assert.equal(checkOutput(program.code, "program.js"), []);
  const questions = [
    ...listGoldenQuestions(),
    ...listFaultQuestions(),
    ...listSealFaultQuestions(),
    ...listRandomQuestions(getSeed()),
  ];
  const lines = await runProgram(binary, program.code, questions);
  const answers = lines.filter((line) => line.startsWith("ANSWER ")).map((line) => line.slice(7));
  for (const [i, question] of questions.entries()) assert.is(answers[i], answer(question), question);
  const costs = lines.filter((line) => line.startsWith("COST "));
  console.log(`${questions.length} questions; ${costs.join(", ")} (bytes, turns of an empty loop)`);
  for (const [i, [bytes, turnsMax]] of COSTS_MAX.entries()) {
    const [, length, turns] = (costs[i] ?? "").split(" ").map(Number);
    assert.is(length, bytes);
    assert.ok((turns ?? Number.POSITIVE_INFINITY) <= turnsMax, `${bytes} bytes cost ${turns} turns`);
  }
});
