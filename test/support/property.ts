// Runs a fast-check property with a seed that is printed, so that what failed by chance fails again on demand.
// Which values to generate is the test's business.
import * as path from "node:path";
import * as fc from "fast-check";
import { parseTestConfig } from "./config.ts";

const RUNS = 200;
let drawn: number | undefined;

/** Path of the running test file, as the runner takes it. */
function getFile(): string {
  return path.relative(process.cwd(), process.argv[1] ?? "");
}

/** One seed for the whole file, printed once. */
export function getSeed(): number {
  if (drawn === undefined) {
    drawn = parseTestConfig().seed ?? fc.sample(fc.noBias(fc.integer({ min: 1 })), 1)[0] ?? 1;
    console.log(`seed ${drawn}, replayed by: TRAPLINE_SEED=${drawn} npm test -- ${getFile()}`);
  }
  return drawn;
}

/**
 * Asserts that the property holds for `runs` generated values.
 * @throws Error with the smallest counterexample found and the command that replays it.
 */
export async function checkProperty<Ts>(property: fc.IRawProperty<Ts>, runs: number = RUNS): Promise<void> {
  const seed = getSeed();
  const details = await fc.check(property, { seed, numRuns: runs });
  if (details.failed)
    throw new Error(`${fc.defaultReportMessage(details)}\nreplay: TRAPLINE_SEED=${seed} npm test -- ${getFile()}`);
}
