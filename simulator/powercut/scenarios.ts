// Owns which scenarios the proof consists of, and which stores it must catch.
import { BROKEN_STORES, openFirmwareStore } from "./broken-stores.ts";
import type { Scenario } from "./scenario.ts";
import { createStoreScenario } from "./store-scenario.ts";

export const SCENARIOS: Scenario[] = [
  createStoreScenario("store", "the record store alone, through the renewal of its pages", openFirmwareStore),
];

export function findScenario(name: string): Scenario | undefined {
  return [...SCENARIOS, ...BROKEN_STORES].find((scenario) => scenario.name === name);
}
