// Owns the proof [CUT-1]: the operation is run once while every moment before a flash operation is kept, then each moment is gone back to, its
// operation is cut in each way, the power returns, and the promises are asked for. What follows the first cut can be cut again.
// Two cuts that leave the same bytes on the chip and the same world around it are two cases and one boot: what follows is the same.
import { createHash } from "node:crypto";
import { type FlashOperation, type FlashState, PowerCutError } from "../board/flash.ts";
import { type Cut, formatCaseId, listCuts, type Place } from "./cuts.ts";
import type { Scenario, Stage } from "./scenario.ts";
import { addFailure, addState, createTally, type Tally } from "./tally.ts";

/** The world as it was when an operation of the flash was about to begin. */
export interface Moment {
  number: number;
  operation: FlashOperation;
  flash: FlashState;
  outside: string;
}

/** Which share of the first cuts is asked for: all whose key falls on `index` of `count`. */
export interface Share {
  index: number;
  count: number;
}

export const WHOLE: Share = { index: 0, count: 1 };

/** Runs every case of the scenario, or a share of them. A promise broken in the run that is not cut is a failure under its bare name. */
export function proveScenario(scenario: Scenario, share: Share = WHOLE, onCases?: (count: number) => void): Tally {
  const tally = createTally(scenario);
  const stage = scenario.createStage();
  const whole = runWhole(stage);
  tally.operations = whole.moments.length;
  if (whole.failure !== undefined) addFailure(tally, scenario.name, whole.failure);
  const known = new Map<string, number>();
  for (const moment of whole.moments) {
    for (const cut of listCuts(moment.operation.kind, false)) {
      const key = cutPower(stage, moment, cut);
      if (Number.parseInt(key.slice(0, 6), 16) % share.count !== share.index) continue;
      const twin = known.get(key);
      const before = tally.cases;
      if (twin === undefined) proveFirst(scenario, stage, tally, { number: moment.number, cut: cut.name });
      else tally.cases += twin;
      known.set(key, tally.cases - before);
      onCases?.(tally.cases - before);
    }
  }
  return tally;
}

function ignore(): void {
  // The moments are kept; nobody needs to hear of each.
}

interface Attempt {
  moments: Moment[];
  /** Undefined if every promise held. */
  failure: string | undefined;
  state: string | undefined;
}

/** The operation from its beginning to its end, without a cut. */
export function runWhole(stage: Stage, onOperation: (number: number) => void = ignore): Attempt {
  return attempt(
    stage,
    () => stage.prepare(),
    () => {
      stage.run();
      return undefined;
    },
    onOperation,
  );
}

/** The power returns, the promises are asked for, the operation is repeated and must complete. */
export function runAfterCut(stage: Stage, onOperation: ((number: number) => void) | null): Attempt {
  let state: string | undefined;
  return attempt(
    stage,
    () => undefined,
    () => {
      state = stage.recover();
      stage.run();
      return state;
    },
    onOperation,
  );
}

/** @param onOperation null keeps no moments */
function attempt(
  stage: Stage,
  prepare: () => void,
  act: () => string | undefined,
  onOperation: ((number: number) => void) | null,
): Attempt {
  const moments: Moment[] = [];
  let state: string | undefined;
  let failure: string | undefined;
  try {
    prepare();
    if (onOperation !== null) {
      stage.flash.setHook((operation) => {
        const number = moments.length + 1;
        moments.push({ number, operation, flash: stage.flash.save(), outside: stage.saveOutside() });
        onOperation(number);
        return "run";
      });
    }
    state = act();
  } catch (thrown) {
    failure =
      thrown instanceof Error && thrown.name === "ProofError" ? thrown.message : String((thrown as Error).stack);
  }
  stage.flash.setHook(undefined);
  stage.powerOff();
  return { moments, failure, state };
}

/** Back to the moment, and through its operation with the cut. @returns a name of everything that is left: equal only for equal worlds */
export function cutPower(stage: Stage, moment: Moment, cut: Cut): string {
  const { flash } = stage;
  const { operation } = moment;
  flash.restore(moment.flash);
  flash.setHook(() => cut.verdict);
  try {
    if (operation.data === undefined) flash.erasePage(operation.address);
    else flash.program(operation.address, operation.data);
  } catch (thrown) {
    if (!(thrown instanceof PowerCutError)) throw thrown;
  }
  flash.setHook(undefined);
  stage.restoreOutside(moment.outside);
  return nameWorld(flash.save(), moment.outside);
}

const pageNames = new WeakMap<Uint8Array, string>();

function nameWorld(flash: FlashState, outside: string): string {
  const hash = createHash("sha256").update(outside);
  for (const [number, page] of [...flash].sort((a, b) => a[0] - b[0])) {
    let name = pageNames.get(page);
    if (name === undefined) {
      name = createHash("sha256").update(page).digest("binary");
      pageNames.set(page, name);
    }
    hash.update(`${number}:${name}`, "latin1");
  }
  return hash.digest("hex");
}

/** The case of one cut, on a stage where it has just fallen, and those of all second cuts behind it. */
function proveFirst(scenario: Scenario, stage: Stage, tally: Tally, first: Place): void {
  const after = runAfterCut(stage, scenario.isPaired ? ignore : null);
  take(tally, after, formatCaseId(scenario.name, first));
  const known = new Set<string>();
  for (const moment of after.moments) {
    tally.operationsAfter += 1;
    for (const cut of listCuts(moment.operation.kind, true)) {
      const key = cutPower(stage, moment, cut);
      if (known.has(key)) {
        tally.cases += 1;
        continue;
      }
      known.add(key);
      take(
        tally,
        runAfterCut(stage, null),
        formatCaseId(scenario.name, first, { number: moment.number, cut: cut.name }),
      );
    }
  }
}

function take(tally: Tally, after: Attempt, id: string): void {
  tally.cases += 1;
  tally.boots += 1;
  if (after.failure !== undefined) addFailure(tally, id, after.failure);
  if (after.state !== undefined) addState(tally, after.state);
}
