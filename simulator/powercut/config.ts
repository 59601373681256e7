// Owns what the proof is asked for on its command line.
import { parseArgs } from "node:util";
import { type CaseId, parseCaseId } from "./cuts.ts";

export interface ProofConfig {
  /** JSON lines in place of words. */
  json: boolean;
  /** The one case to replay with its story; undefined proves everything. */
  only: CaseId | undefined;
  /** Scenarios to prove; empty for all, with the broken stores. */
  scenarios: string[];
  processes: number;
  /** Takes its work from the process that started it. */
  isWorker: boolean;
}

/** What is wrong with the command line, in words for the person who gave it. */
export class ProofConfigError extends Error {
  override name = "ProofConfigError";
}

export const PROOF_USAGE = `npm run proof:powercut [-- OPTIONS]
  --json            one JSON object per line; the last has ok, cases, failures
  --only ID         replay one case and tell its story: update/17t2, update/17t2/5b
  --scenario NAME   prove this one alone (may be repeated), without the broken stores
  --processes N     how many work at once (as many as there are processors)`;

/** @param processors how many there are @throws ProofConfigError */
export function parseProofConfig(args: string[], processors: number): ProofConfig {
  const values = parseValues(args);
  const only = values.only === undefined ? undefined : parseCaseId(values.only);
  if (values.only !== undefined && only === undefined) {
    throw new ProofConfigError(
      `"${values.only}" is no id of a case: a scenario, a slash, a number and b, t1 to t6 or a`,
    );
  }
  const processes = values.processes === undefined ? processors : Number(values.processes);
  if (!Number.isInteger(processes) || processes < 1 || processes > 64) {
    throw new ProofConfigError(`"${values.processes}" is no number of processes`);
  }
  return {
    json: values.json ?? false,
    only,
    scenarios: values.scenario ?? [],
    processes,
    isWorker: values.worker ?? false,
  };
}

function parseValues(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        json: { type: "boolean" },
        only: { type: "string" },
        scenario: { type: "string", multiple: true },
        processes: { type: "string" },
        worker: { type: "boolean" },
      },
    }).values;
  } catch (thrown) {
    throw new ProofConfigError(thrown instanceof Error ? thrown.message : String(thrown));
  }
}
