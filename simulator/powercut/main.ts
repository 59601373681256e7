// Owns the proof as a program: reads what is asked for, spreads the work, tells the result, and ends with 0 only if it holds.
import { availableParallelism } from "node:os";
import { PROOF_USAGE, type ProofConfig, ProofConfigError, parseProofConfig } from "./config.ts";
import { proveAll, serveJobs } from "./crew.ts";
import { replayCase } from "./replay.ts";
import { decideVerdict, formatJson, formatWords, type Proven } from "./report.ts";
import type { Scenario } from "./scenario.ts";
import { BROKEN_SCENARIOS, findScenario, SCENARIOS } from "./scenarios.ts";

const PROGRESS_MS = 500;

function getScenario(name: string): Scenario {
  const found = findScenario(name);
  if (found) return found;
  const names = [...SCENARIOS, ...BROKEN_SCENARIOS].map((scenario) => scenario.name).join(", ");
  throw new ProofConfigError(`There is no scenario "${name}"; there are ${names}`);
}

function replay(config: ProofConfig): boolean {
  const { only } = config;
  if (!only) return false;
  return replayCase(getScenario(only.scenario), only, (line) => console.log(line)) ?? false;
}

async function prove(config: ProofConfig): Promise<boolean> {
  const begin = performance.now();
  const scenarios = config.scenarios.length > 0 ? config.scenarios.map(getScenario) : SCENARIOS;
  const broken = config.scenarios.length > 0 ? [] : BROKEN_SCENARIOS;
  let cases = 0;
  let toldAt = 0;
  const onCases = (count: number): void => {
    cases += count;
    if (!process.stderr.isTTY || performance.now() - toldAt < PROGRESS_MS) return;
    toldAt = performance.now();
    process.stderr.write(`\r${cases} cases, ${Math.round((toldAt - begin) / 1000)} s `);
  };
  const tallies = await proveAll([...scenarios, ...broken], {
    ...{ program: import.meta.filename, args: ["--worker"], processes: config.processes, onCases },
  });
  if (toldAt > 0) process.stderr.write("\r");
  const pair = (some: Scenario[]): Proven[] =>
    some.flatMap((scenario) => {
      const tally = tallies.find((one) => one.scenario === scenario.name);
      return tally ? [{ scenario, tally }] : [];
    });
  const [proven, caught] = [pair(scenarios), pair(broken)];
  const verdict = decideVerdict(proven, caught, (performance.now() - begin) / 1000);
  for (const line of (config.json ? formatJson : formatWords)(proven, caught, verdict)) console.log(line);
  return verdict.ok;
}

try {
  const config = parseProofConfig(process.argv.slice(2), availableParallelism());
  if (config.isWorker) serveJobs(process);
  else if (!(config.only ? replay(config) : await prove(config))) process.exitCode = 1;
} catch (thrown) {
  if (thrown instanceof ProofConfigError) console.error(`${thrown.message}\n\n${PROOF_USAGE}`);
  else console.error(thrown);
  process.exitCode = 1;
}
