// Runs a fast-check property with a seed that is printed, so that what failed by chance fails again on demand.
// Which values to generate is the test's business.
import * as path from "node:path";
import * as fc from "fast-check";
import { parseTestConfig } from "./config.ts";

const RUNS = 200;
let drawn: number | undefined;

/** One seed for the whole file, printed once. */
function getSeed(file: string): number {
  if (drawn === undefined) {
    drawn = parseTestConfig().seed ?? fc.sample(fc.noBias(fc.integer({ min: 1 })), 1)[0] ?? 1;
    console.log(`seed ${drawn}, replayed by: TRAPLINE_SEED=${drawn} npm test -- ${file}`);
  }
  return drawn;
}

/**
 * Asserts that the property holds for `runs` generated values.
 * @throws Error with the smallest counterexample found and the command that replays it.
 */
export async function checkProperty<Ts>(property: fc.IRawProperty<Ts>, runs: number = RUNS): Promise<void> {
  const file = path.relative(process.cwd(), process.argv[1] ?? "");
  const seed = getSeed(file);
  const details = await fc.check(property, { seed, numRuns: runs });
  if (details.failed)
    throw new Error(`${fc.defaultReportMessage(details)}\nreplay: TRAPLINE_SEED=${seed} npm test -- ${file}`);
}
