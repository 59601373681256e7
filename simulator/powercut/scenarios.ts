// Owns which scenarios the proof consists of, and which it must catch.
import { BROKEN_STORES, openFirmwareStore } from "./broken-stores.ts";
import type { Scenario } from "./scenario.ts";
import { CLAIM, CONFIGURATION, HASTY_CLAIM, RESET, ROTATION } from "./scripts/owner.ts";
import { STORM } from "./scripts/storm.ts";
import { ROLLBACK, UPDATE } from "./scripts/update.ts";
import { createStoreScenario } from "./store-scenario.ts";

export const TRAP_SCENARIOS: Scenario[] = [UPDATE, ROLLBACK, CLAIM, ROTATION, CONFIGURATION, STORM, RESET];

export const SCENARIOS: Scenario[] = [
  createStoreScenario("store", "the record store alone, through the renewal of its pages", openFirmwareStore),
  ...TRAP_SCENARIOS,
];

/** Wrong on purpose. A proof that lets one of them pass proves nothing. */
export const BROKEN_SCENARIOS: Scenario[] = [...BROKEN_STORES, HASTY_CLAIM];

export function findScenario(name: string): Scenario | undefined {
  return [...SCENARIOS, ...BROKEN_SCENARIOS].find((scenario) => scenario.name === name);
}
