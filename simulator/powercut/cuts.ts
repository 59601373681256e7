// Owns the ways in which one flash operation is cut, their names, and the names of cases: `update/17t2/5b` is the scenario, a first cut
// within operation 17 torn the second way, and a second one before operation 5 of what followed.
import type { FlashOperation, FlashVerdict } from "../board/flash.ts";
import type { Tear } from "../board/tear.ts";

export interface Cut {
  /** b before, t torn, a after. */
  name: string;
  words: string;
  verdict: FlashVerdict;
}

const BEFORE: Cut = { name: "b", words: "before it", verdict: "cut-before" };
const AFTER: Cut = { name: "a", words: "after it", verdict: "cut-after" };

function torn(name: string, words: string, order: Tear["order"], part: number): Cut {
  return { name, words, verdict: { order, part, seed: Number(name.slice(1)) } };
}

const HALF_FROM_START = torn("t1", "torn: the first half of its words done", "from-start", 0.5);
const HALF_FROM_END = torn("t2", "torn: the last half of its words done", "from-end", 0.5);
const SOME_WORDS = torn("t3", "torn: some words done here and there", "scattered-words", 0.5);
const SOME_BITS = torn("t4", "torn: single bits done here and there", "scattered-bits", 0.5);
const NEARLY_ALL = torn("t5", "torn: all but a few bits done", "scattered-bits", 0.97);

const PROGRAM_CUTS = [
  ...[BEFORE, HALF_FROM_START, HALF_FROM_END, SOME_WORDS, SOME_BITS, NEARLY_ALL],
  ...[torn("t6", "torn: the last words missing", "from-start", 0.9), AFTER],
];
const ERASE_CUTS = [
  ...[BEFORE, HALF_FROM_START, HALF_FROM_END, SOME_WORDS, SOME_BITS, NEARLY_ALL],
  ...[torn("t6", "torn in its first step: bits cleared here and there", "cleared-bits", 0.5), AFTER],
];
/** Behind a first cut, where the number of cases is the product, these are left out. */
const FIRST_ONLY = [SOME_WORDS, NEARLY_ALL];

export function listCuts(kind: FlashOperation["kind"], isSecond: boolean): Cut[] {
  const cuts = kind === "erase" ? ERASE_CUTS : PROGRAM_CUTS;
  return isSecond ? cuts.filter((cut) => !FIRST_ONLY.includes(cut)) : cuts;
}

/** Where one cut fell: the number of the operation, from 1, and the name of the cut. */
export interface Place {
  number: number;
  cut: string;
}

export interface CaseId {
  scenario: string;
  first: Place;
  second: Place | undefined;
}

export function formatCaseId(scenario: string, ...places: Place[]): string {
  return [scenario, ...places.map(({ number, cut }) => `${number}${cut}`)].join("/");
}

/** Undefined for what is no id. */
export function parseCaseId(text: string): CaseId | undefined {
  const parts = /^([a-z-]+)\/(\d+)(b|a|t\d)(?:\/(\d+)(b|a|t\d))?$/.exec(text);
  if (!parts) return undefined;
  const [, scenario = "", number = "", cut = "", second, secondCut = ""] = parts;
  return {
    scenario,
    first: { number: Number(number), cut },
    second: second === undefined ? undefined : { number: Number(second), cut: secondCut },
  };
}
