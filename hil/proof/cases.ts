// Owns what is proven of the bench [BENCH-71]: which firmware, broken on purpose, which suite notices, and by what. A suite that fails for another reason
// has noticed nothing.
import { FAULT_NAMES } from "../resources/bench-schema.ts";
import type { SuiteResult } from "../steps/engine.ts";

export interface ProofCase {
  /** Undefined: the sound firmware, which passes all that the others fail. */
  fault: string | undefined;
  /** What runs, and is to fail; of the sound one, to pass. */
  suites: string[];
  /** In the failure's words: the step, or what was awaited there. */
  noticed: RegExp;
}

const CAUGHT: Record<(typeof FAULT_NAMES)[number], { suite: string; noticed: RegExp }> = {
  "drops-alerts": { suite: "alert", noticed: /the alert on the owner/ },
  "forgets-credentials": { suite: "owner-kept", noticed: /session state=online/ },
  "ignores-signatures": { suite: "update-bad-signature", noticed: /believes it|tries slot/ },
  "never-confirms": { suite: "update", noticed: /phase=confirmed/ },
};

/** The sound one first: where that fails, the rest proves nothing. */
export function listProofCases(): ProofCase[] {
  const faults = FAULT_NAMES.map((fault) => ({ fault, ...getCaught(fault) }));
  return [
    { fault: undefined, suites: faults.map(({ suite }) => suite), noticed: /^/ },
    ...faults.map(({ fault, suite, noticed }) => ({ fault, suites: [suite], noticed })),
  ];
}

/** @throws Error for a fault that no suite is known to notice */
function getCaught(fault: string): { suite: string; noticed: RegExp } {
  const caught = CAUGHT[fault];
  if (caught === undefined) throw new Error(`nobody says which suite notices ${fault}`);
  return caught;
}

export interface Verdict {
  ok: boolean;
  /** One sentence. */
  why: string;
}

/** @param results of this case's run; what did not run is missing */
export function judgeCase({ fault, suites, noticed }: ProofCase, results: readonly SuiteResult[]): Verdict {
  for (const suite of suites) {
    const result = results.find((one) => one.suite === suite);
    if (result === undefined) return { ok: false, why: `${suite} did not run` };
    const { outcome } = result;
    const told = [result.failure?.message ?? "", ...(result.failure?.path ?? []), result.failure?.awaited ?? ""].join(
      "; ",
    );
    if (fault === undefined) {
      if (outcome !== "passed" && outcome !== "marginal") return { ok: false, why: `${suite} ${outcome}: ${told}` };
      continue;
    }
    if (outcome !== "failed") return { ok: false, why: `${suite} ${outcome}; it was to fail` };
    if (!noticed.test(told)) return { ok: false, why: `${suite} failed for another reason: ${told}` };
  }
  if (fault === undefined) return { ok: true, why: `passes ${suites.join(", ")}` };
  return { ok: true, why: `${suites.join(", ")} notices: ${results[0]?.failure?.message ?? ""}` };
}
