// The proof as a program, `npm run proof:bench [-- --json] [-- --verbose] [-- FAULT ...]`: one line for each firmware, and an exit status that is
// not zero when one of those that are broken on purpose passes, or the sound one does not.
import * as path from "node:path";
import { parseArgs } from "node:util";
import { createWallClock } from "../clock.ts";
import { readHilConfig } from "../config.ts";
import { EXIT, HilError } from "../error.ts";
import { FAULT_NAMES } from "../resources/bench-schema.ts";
import type { HilEvent } from "../steps/events.ts";
import { proveBench } from "./proof.ts";

const USAGE = `usage: npm run proof:bench [-- [--json] [--verbose] [FAULT ...]]
  Flashes virtual boards with firmwares that are broken on purpose and runs the suite that should notice; the sound firmware passes the same.
  Faults: ${FAULT_NAMES.join(", ")}; all unless some are named.`;

interface Words {
  json: boolean;
  verbose: boolean;
  faults: string[];
}

/** Undefined where they are not understood. */
function parseWords(args: string[]): Words | undefined {
  try {
    const yes = { type: "boolean", default: false } as const;
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { json: yes, verbose: yes } });
    return positionals.every((one) => FAULT_NAMES.includes(one)) ? { ...values, faults: positionals } : undefined;
  } catch {
    // An unknown option: the usage says what there is.
    return undefined;
  }
}

const write = (line: string): void => void process.stdout.write(`${line}\n`);

function tellEvent(event: HilEvent): void {
  if (event.type === "step-started") process.stderr.write(`  ${event.suite}: ${event.title}\n`);
  if (event.type === "logged" && event.source === "console") process.stderr.write(`    ${event.text}\n`);
}

async function run({ json, verbose, faults }: Words): Promise<number> {
  const root = path.join(import.meta.dirname, "../..");
  const { stateFolder, environment } = readHilConfig(root, false);
  const wish = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => wish.abort(new Error("interrupted")));
  let caught = 0;
  let count = 0;
  const isProven = await proveBench({
    ...{ root, environment, clock: createWallClock(), signal: wish.signal },
    stateFolder: path.join(stateFolder, "proof"),
    ...(faults.length > 0 && { faults }),
    onStream: (_proof, stream) => void (verbose && stream.subscribe(tellEvent)),
    onVerdict({ fault, suites }, { ok, why }, durationMs) {
      count += 1;
      if (ok) caught += 1;
      const what = fault ?? "sound";
      if (json) write(JSON.stringify({ type: "proof", firmware: what, suites, ok, why, durationMs }));
      else write(`${ok ? "ok  " : "FAIL"}  ${what.padEnd(20)} ${why}  (${(durationMs / 1000).toFixed(1)} s)`);
    },
  });
  if (json) write(JSON.stringify({ type: "proven", ok: isProven, caught, count }));
  else write(`${caught} of ${count} as they should be${isProven ? "" : ": the bench would not notice"}`);
  if (wish.signal.aborted) return EXIT.infrastructure;
  return isProven ? EXIT.passed : EXIT.failed;
}

const words = parseWords(process.argv.slice(2));
if (words === undefined) {
  process.stderr.write(`${USAGE}\n`);
  process.exitCode = EXIT.usage;
} else {
  try {
    process.exitCode = await run(words);
  } catch (error) {
    if (!(error instanceof HilError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.kind === "usage" ? EXIT.usage : EXIT.infrastructure;
  }
}
