// Owns what can only be measured: the built image booted on the real interpreter, and what that takes of the variables and the stack of a
// trap. What the text of the programs tells by itself is stats.ts's.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { CHIP_STACK_BYTES, CHIP_VARIABLES } from "../bundle/budget.ts";
import { flashInterpreter, startInterpreterBoard } from "./interpreter.ts";

export interface Measured {
  /** Variables in use when loader and firmware have started and nothing is open. */
  restVariables: number;
  /** Of the start, the loader's verifying of a signature included: the least stack with which it comes through; null if the build of the interpreter cannot be told its stack. */
  startStackBytes: number | null;
}

/** The interpreter that is to be used, and the surroundings it is started in. */
export interface Interpreter {
  bin: string;
  environment: NodeJS.ProcessEnv;
}

const START_MS = 20_000;
const LOOK_MS = 25;
const STACK_STEP_BYTES = 250;
/** No start fits into it: a build that comes through all the same does not listen. */
const STACK_BYTES_MIN = 1_000;

/**
 * @param storage a composed Storage partition
 * @throws Error if it does not start with a trap's own limits
 */
export async function measureStart(interpreter: Interpreter, storage: Uint8Array): Promise<Measured> {
  const restVariables = await startOnce(interpreter, storage, CHIP_STACK_BYTES);
  if (restVariables === null) {
    throw new Error(`the firmware does not start within ${CHIP_VARIABLES} variables and ${CHIP_STACK_BYTES} bytes`);
  }
  if ((await startOnce(interpreter, storage, STACK_BYTES_MIN)) !== null)
    return { restVariables, startStackBytes: null };
  let [tooLittle, enough] = [STACK_BYTES_MIN, CHIP_STACK_BYTES];
  while (enough - tooLittle > STACK_STEP_BYTES) {
    const middle = Math.round((tooLittle + enough) / 2);
    if ((await startOnce(interpreter, storage, middle)) === null) tooLittle = middle;
    else enough = middle;
  }
  return { restVariables, startStackBytes: enough };
}

/** Boot a fresh board once. @returns the variables in use then; null if it did not come through */
async function startOnce(
  { bin, environment }: Interpreter,
  storage: Uint8Array,
  stackBytes: number,
): Promise<number | null> {
  const folder = await mkdtemp(path.join(tmpdir(), "trapline-measure-"));
  await flashInterpreter(folder, storage);
  const limits = { JSVARS: `${CHIP_VARIABLES}`, ESPR_STACK: `${stackBytes}`, E32_MMAP: "1" };
  const board = startInterpreterBoard(bin, folder, { ...environment, ...limits });
  try {
    if ((await findLine(() => board.lines, / boot id=| fault=|STACK|MEMORY|Uncaught|slot=none/)) === null) return null;
    board.send('print("usage",process.memory().usage)');
    const told = await findLine(() => board.lines, /^usage \d+$/);
    const isWhole = board.lines.some((line) => / boot id=/.test(line)) && !board.lines.some(isBroken);
    return told === null || !isWhole ? null : Number(told.split(" ")[1]);
  } finally {
    await board.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function isBroken(line: string): boolean {
  return /STACK|MEMORY|Uncaught/.test(line);
}

async function findLine(readLines: () => readonly string[], wanted: RegExp): Promise<string | null> {
  for (let waited = 0; waited < START_MS; waited += LOOK_MS) {
    const found = readLines().find((line) => wanted.test(line));
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return null;
}
