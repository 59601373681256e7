// The verifier on the real interpreter, where it will decide: the same verdicts as on Node, within 300 variables, 8 KB of stack and the
// time of a few seconds on the chip. Runs where ESPRUINO_BIN names the interpreter; the program is made by the firmware's own pipeline.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { hashFirmware } from "#protocol";
import { buildProgram } from "../../firmware/bundle/build.ts";
import { checkOutput } from "../../firmware/bundle/check-output.ts";
import { getEspruino, installOnEspruino, startEspruinoBoard } from "../support/espruino.ts";
import { eventually } from "../support/eventually.ts";
import { getSeed } from "../support/property.ts";
import { skip, suite } from "../support/suite.ts";
import { listMutations, readSignatures, type Statement, sha256 } from "./signature/fixtures.ts";

const LIMIT_MS = 60_000;
const VARIABLES_MAX = 300;
const STACK_BYTES_MAX = 8_192;
/** In turns of an empty loop: twice what was measured, for a busy machine. */
const TURNS_MAX = 150_000;
const MUTATIONS = 24;
const FIRMWARE = Buffer.from(Uint8Array.from({ length: 48 * 1024 - 7 }, (_, i) => (i * i) >> 3)).toString("latin1");

const test = suite("signatures on the real interpreter", { limitMs: 2 * LIMIT_MS });

let folder = "";
let bin: string | undefined;
let statements: Statement[] = [];

test.before(async () => {
  bin = getEspruino();
  const good = readSignatures();
  const bad = listMutations(good, getSeed(), MUTATIONS).map((one) => one.statement);
  // An empty file cannot be told from none there, and there is no need to: both are refused.
  statements = [...good, ...bad.filter((one) => one.key !== "" && one.signature !== "")];
  const root = path.resolve(import.meta.dirname, "../..");
  const program = await buildProgram({
    root,
    entry: path.join(import.meta.dirname, "signature/interpreter-program.ts"),
  });
  assert.equal(checkOutput(program.code, "program.js"), []);
  folder = await mkdtemp(path.join(tmpdir(), "trapline-signature-"));
  const files: [string, string][] = statements.flatMap(({ key, message, signature }, i): [string, string][] => [
    [`k${i}`, key],
    [`m${i}`, message],
    [`s${i}`, signature],
  ]);
  await installOnEspruino(bin, folder, {
    ".bootcde": program.code,
    firmware: FIRMWARE,
    count: `${statements.length}`,
    ...Object.fromEntries(files.filter(([, content]) => content !== "")),
  });
});
test.after(() => (folder === "" ? undefined : rm(folder, { recursive: true })));

/** What the program told; undefined if it did not come to its end. */
async function runProgram(environment: Record<string, string>): Promise<readonly string[] | undefined> {
  const board = startEspruinoBoard(bin ?? "", folder, environment);
  try {
    await eventually(() => board.lines.some((line) => line === "DONE" || /Uncaught|STACK|MEMORY/.test(line)), {
      withinMs: LIMIT_MS,
      because: "the program ends, well or not",
    });
    return board.lines.includes("DONE") ? board.lines : undefined;
  } finally {
    await board.stop();
  }
}

function readFigure(lines: readonly string[], title: string): number {
  const line = lines.find((one) => one.startsWith(`${title} `));
  return Number(line?.slice(title.length + 1) ?? Number.NaN);
}

function assertVerdicts(lines: readonly string[]): void {
  const verdicts = lines.filter((line) => line.startsWith("VERDICT "));
  const expected = statements.map((_, i) => `VERDICT ${i} ${i < readSignatures().length}`);
  assert.equal(verdicts, expected);
  const root = Buffer.from(hashFirmware(sha256, FIRMWARE), "latin1").toString("hex");
  assert.ok(lines.includes(`ROOT ${root}`), "the root of the hash tree");
}

test("it decides there as here, within the variables and the time a trap has", async () => {
  const lines = await runProgram({});
  assert.ok(lines, "it comes to its end");
  assertVerdicts(lines);
  for (const what of ["signature", "firmware"]) {
    const [variables, turns] = ["VARIABLES", "TURNS"].map((title) => readFigure(lines, `${title} ${what}`));
    console.log(`${what}: ${variables} variables, ${turns} turns of an empty loop`);
    assert.ok((variables ?? Number.NaN) <= VARIABLES_MAX, `${variables} variables for the ${what}`);
    assert.ok((turns ?? Number.NaN) <= TURNS_MAX, `${turns} turns for the ${what}`);
  }
});

test("it decides the same with 8 KB of stack in all", async () => {
  const lines = await runProgram({ ESPR_STACK: `${STACK_BYTES_MAX}` });
  assert.ok(lines, `${STACK_BYTES_MAX} bytes are enough`);
  assertVerdicts(lines);
  if ((await runProgram({ ESPR_STACK: "1500" })) !== undefined)
    skip("this build of the interpreter takes no limit of stack from ESPR_STACK");
});
