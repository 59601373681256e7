// Owns the question whose fault a failure is that does not always come: the board's, the test's, or nobody's as yet. The rule compares how
// often the suite fails here with how often it does elsewhere, and how the board does with all other suites, each time by Fisher's exact
// test: a difference counts if chance alone would make as large a one less than once in twenty times.
//
//   the suite fails here      | the board fails other suites  | verdict
//   more often than elsewhere | more often than others do     | the board
//   more often than elsewhere | no more often than others do  | the pair: what this suite alone needs of this board, as a wire
//   no more often, and it fails elsewhere as well             | the test
//   anything else, or fewer than five results to compare with | too few
import type { HistoryEntry } from "./history.ts";
import { isCounted, toBoardKey } from "./statistics.ts";

export type Verdict = "steady" | "the board" | "the test" | "the pair" | "too few";

export interface Judgement {
  verdict: Verdict;
  /** Why, with the numbers. */
  because: string;
}

export interface Counts {
  failed: number;
  total: number;
}

const RESULTS_MIN = 5;
const CHANCE_MAX = 0.05;

/** `board` as `toBoardKey` makes it. */
export function judgeFlakiness(entries: readonly HistoryEntry[], suite: string, board: string): Judgement {
  const counted = entries.filter(({ outcome }) => isCounted(outcome));
  const count = (isSuite: boolean, isBoard: boolean): Counts => {
    const group = counted.filter((one) => (one.suite === suite) === isSuite && (toBoardKey(one) === board) === isBoard);
    return { failed: group.filter(({ outcome }) => outcome === "failed").length, total: group.length };
  };
  return judgeCounts({
    here: count(true, true),
    elsewhere: count(true, false),
    boardOtherwise: count(false, true),
    othersOtherwise: count(false, false),
  });
}

export interface Comparison {
  /** This suite on this board. */
  here: Counts;
  /** This suite on all other boards. */
  elsewhere: Counts;
  /** All other suites on this board. */
  boardOtherwise: Counts;
  /** All other suites on all other boards. */
  othersOtherwise: Counts;
}

export function judgeCounts({ here, elsewhere, boardOtherwise, othersOtherwise }: Comparison): Judgement {
  if (here.failed === 0) return { verdict: "steady", because: `it failed in none of ${here.total}` };
  const told = `it fails in ${print(here)} here, in ${print(elsewhere)} on other boards; other suites fail in ${print(boardOtherwise)} here, in ${print(othersOtherwise)} there`;
  const tooFew = (what: string): Judgement => ({ verdict: "too few", because: `${what} (${told})` });
  if (here.total < RESULTS_MIN) return tooFew(`let it run ${RESULTS_MIN} times on this board`);
  if (elsewhere.total < RESULTS_MIN) return tooFew(`let it run ${RESULTS_MIN} times on another board`);
  if (!isWorse(here, elsewhere)) {
    if (elsewhere.failed > 0) return { verdict: "the test", because: `it fails elsewhere no less often: ${told}` };
    return tooFew("it has not failed elsewhere yet, which chance may have done: repeat it on both");
  }
  if (boardOtherwise.total < RESULTS_MIN || othersOtherwise.total < RESULTS_MIN)
    return tooFew(
      `it fails here more often; to tell board from wiring let other suites run ${RESULTS_MIN} times on both`,
    );
  return isWorse(boardOtherwise, othersOtherwise)
    ? { verdict: "the board", because: `this board fails other suites more often as well: ${told}` }
    : {
        verdict: "the pair",
        because: `only this suite fails more often here, so look at what it alone needs: ${told}`,
      };
}

function print({ failed, total }: Counts): string {
  return `${failed} of ${total}`;
}

/** Fails more often than the other, and not by chance. */
function isWorse(a: Counts, b: Counts): boolean {
  return computeChance(a, b) < CHANCE_MAX;
}

/** Fisher's exact test, one-sided: how likely `a` had that many of all failures, or more, if both failed equally often. */
export function computeChance(a: Counts, b: Counts): number {
  const failures = a.failed + b.failed;
  const total = a.total + b.total;
  const most = Math.min(failures, a.total);
  let chance = 0;
  for (let failed = a.failed; failed <= most; failed += 1) {
    if (failures - failed > b.total) continue;
    chance += Math.exp(logChoose(a.total, failed) + logChoose(b.total, failures - failed) - logChoose(total, failures));
  }
  return Math.min(1, chance);
}

function logChoose(n: number, k: number): number {
  let sum = 0;
  for (let i = 1; i <= Math.min(k, n - k); i += 1) sum += Math.log(n - Math.min(k, n - k) + i) - Math.log(i);
  return sum;
}
