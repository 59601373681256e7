// Owns the story of one case: the same run up to the same operation, the same cut, and everything that is said on the way.
import type { FlashOperation } from "../board/flash.ts";
import { type CaseId, type Cut, formatCaseId, listCuts, type Place } from "./cuts.ts";
import { cutPower, type Moment, runAfterCut, runWhole } from "./engine.ts";
import type { Scenario, Stage } from "./scenario.ts";

/** Tells the story line by line. @returns whether every promise held; undefined if the scenario has no such case */
export function replayCase(scenario: Scenario, id: CaseId, tell: (line: string) => void): boolean | undefined {
  const stage = scenario.createStage();
  tell(`# ${scenario.name}: ${scenario.title}`);
  stage.setTeller(tell);
  const whole = runWhole(stage, quietFrom(stage, id.first));
  const first = cut(stage, whole.moments, id.first, tell);
  if (!first) return undefined;
  stage.setTeller(tell);
  const after = runAfterCut(stage, id.second ? quietFrom(stage, id.second) : () => undefined);
  let last = after;
  if (id.second) {
    if (!cut(stage, after.moments, id.second, tell)) return undefined;
    stage.setTeller(tell);
    last = runAfterCut(stage, null);
  }
  const places = id.second ? [id.first, id.second] : [id.first];
  tell(`# ${formatCaseId(scenario.name, ...places)}: ${last.failure ?? `state "${last.state}", every promise held`}`);
  return last.failure === undefined;
}

/** What goes on behind the cut never happened. */
function quietFrom(stage: Stage, place: Place): (number: number) => void {
  return (number) => {
    if (number === place.number) stage.setTeller(undefined);
  };
}

function cut(stage: Stage, moments: Moment[], place: Place, tell: (line: string) => void): Cut | undefined {
  const moment = moments[place.number - 1];
  if (!moment) {
    tell(`# there are ${moments.length} operations, so none has number ${place.number}`);
    return undefined;
  }
  const { kind } = moment.operation;
  const found = listCuts(kind, false).find((one) => one.name === place.cut);
  if (!found) return undefined;
  cutPower(stage, moment, found);
  tell(`# the power is cut at operation ${place.number}, ${describe(moment.operation)}: ${found.words}`);
  return found;
}

function describe({ kind, address, length }: FlashOperation): string {
  const place = `0x${address.toString(16)}`;
  return kind === "erase" ? `the erasure of page ${place}` : `${length} bytes programmed at ${place}`;
}
