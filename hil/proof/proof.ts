// Owns the proof that the bench would notice: a virtual board with each of the firmwares that are broken on purpose, the suite that should
// catch it, and the sound firmware through the same suites. It leaves process and words to main.ts.
import type { Clock } from "../clock.ts";
import { openBench } from "../compose.ts";
import { HilError } from "../error.ts";
import type { Bench } from "../resources/bench.ts";
import type { SuiteResult } from "../steps/engine.ts";
import { createEventStream } from "../steps/event-stream.ts";
import type { EventStream } from "../steps/events.ts";
import { runBoards } from "../steps/runner.ts";
import type { Rig } from "../strategy/rig.ts";
import { SUITES } from "../suites/index.ts";
import { prepareFor, type Suite } from "../suites/suite.ts";
import { judgeCase, listProofCases, type ProofCase, type Verdict } from "./cases.ts";

export interface ProofOptions {
  root: string;
  /** Of the proof's own bench. */
  stateFolder: string;
  environment: NodeJS.ProcessEnv;
  clock: Clock;
  signal: AbortSignal;
  /** Only these; all unless told. The sound firmware is always among them. */
  faults?: string[];
  onStream?(proof: ProofCase, stream: EventStream): void;
  onVerdict(proof: ProofCase, verdict: Verdict, durationMs: number): void;
}

/** @returns whether everything was caught, and the sound firmware passed. @throws HilError of what beneath the bench does not start */
export async function proveBench(options: ProofOptions): Promise<boolean> {
  let isProven = true;
  for (const proof of listProofCases()) {
    if (options.signal.aborted) return false;
    if (proof.fault !== undefined && options.faults?.includes(proof.fault) === false) continue;
    const startedMs = options.clock.now();
    const verdict = judgeCase(proof, await runCase(proof, options));
    isProven &&= verdict.ok;
    options.onVerdict(proof, verdict, Math.round(options.clock.now() - startedMs));
  }
  return isProven;
}

function chooseSuites(names: string[]): Suite[] {
  return names.map((name) => {
    const found = SUITES.find((suite) => suite.name === name);
    if (found === undefined)
      throw new HilError("usage", "no-such-suite", `There is no suite ${name} to prove anything by.`);
    return found;
  });
}

async function runCase(proof: ProofCase, options: ProofOptions): Promise<SuiteResult[]> {
  const { root, stateFolder, environment, clock, signal } = options;
  const suites = chooseSuites(proof.suites);
  const stream = createEventStream({ clock });
  options.onStream?.(proof, stream);
  const run = new AbortController();
  const interrupt = (): void => run.abort(signal.reason);
  signal.addEventListener("abort", interrupt, { once: true });
  const { fault } = proof;
  const firmware = fault === undefined ? {} : { fault };
  const bench: Bench = {
    name: "proof",
    boards: [],
    virtualBoards: 1,
    cloud: { kind: "local", host: "127.0.0.1" },
    firmware,
  };
  const opened = await openBench({
    ...{ root, stateFolder, environment, bench, stream, clock },
    ...(fault !== undefined && { fault }),
    onBroken: (error) => run.abort(error),
  });
  try {
    const { results } = await runBoards<Rig, Suite>({
      boards: opened.boards.map((board) => ({
        facts: { name: board.name, mac: board.mac, labels: board.labels, isVirtual: true },
        open: () => opened.openBoard(board),
      })),
      ...{ suites, stream, clock, signal: run.signal, bench: bench.name, prepare: prepareFor },
      ...{ runId: `proof-${fault ?? "sound"}`, command: "npm run proof:bench" },
      repeatCommand: () => `npm run proof:bench${fault === undefined ? "" : ` -- ${fault}`}`,
    });
    return results;
  } finally {
    signal.removeEventListener("abort", interrupt);
    await opened.close();
  }
}
