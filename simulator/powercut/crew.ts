// Owns the spreading of the work over processes: shares of scenarios in, tallies out. Which share comes first is nobody's business,
// since every share is decided by its scenario alone.
import { type ChildProcess, fork } from "node:child_process";
import { proveScenario } from "./engine.ts";
import type { Scenario } from "./scenario.ts";
import { findScenario } from "./scenarios.ts";
import { addTally, createTally, type Tally } from "./tally.ts";

/** Pairs of cuts are most of the work, and are cut in more pieces, so that nobody waits for the last one. */
const SHARES = { paired: 16, single: 2 };

interface Job {
  scenario: string;
  index: number;
  count: number;
}

type Answer = { kind: "cases"; count: number } | { kind: "tally"; tally: Tally };

export interface CrewOptions {
  /** The program that `serveJobs` runs in. */
  program: string;
  args: string[];
  processes: number;
  onCases(count: number): void;
}

/** The tallies in the order of the scenarios. @throws Error when a process ends before its work */
export async function proveAll(scenarios: Scenario[], options: CrewOptions): Promise<Tally[]> {
  const jobs = scenarios.flatMap((scenario): Job[] => {
    const count = scenario.isPaired ? SHARES.paired : SHARES.single;
    return Array.from({ length: count }, (_, index) => ({ scenario: scenario.name, index, count }));
  });
  const sums = new Map(scenarios.map((scenario) => [scenario.name, createTally(scenario)]));
  const take = (tally: Tally) => {
    const sum = sums.get(tally.scenario);
    if (sum) addTally(sum, tally);
  };
  const workers = Array.from({ length: Math.min(options.processes, jobs.length) }, () =>
    fork(options.program, options.args),
  );
  try {
    await Promise.all(workers.map((worker) => feed(worker, jobs, take, options.onCases)));
  } finally {
    for (const worker of workers) worker.kill();
  }
  return [...sums.values()];
}

function feed(worker: ChildProcess, jobs: Job[], take: (tally: Tally) => void, onCases: (count: number) => void) {
  return new Promise<void>((resolve, reject) => {
    const next = () => {
      const job = jobs.shift();
      if (job) worker.send(job);
      else resolve();
    };
    worker.on("message", (answer: Answer) => {
      if (answer.kind === "cases") return onCases(answer.count);
      take(answer.tally);
      next();
    });
    worker.on("error", reject);
    worker.on("exit", (code) =>
      reject(new Error(`a process of the proof ended with ${code} before its work was done`)),
    );
    next();
  });
}

/** The other end: works until the process is ended by the one that started it. */
export function serveJobs(parent: NodeJS.Process): void {
  parent.on("message", (job: Job) => {
    const scenario = findScenario(job.scenario);
    if (!scenario) throw new Error(`there is no scenario ${job.scenario}`);
    const tally = proveScenario(scenario, job, (count) => parent.send?.({ kind: "cases", count }));
    parent.send?.({ kind: "tally", tally });
  });
}
