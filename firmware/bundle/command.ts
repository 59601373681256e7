// Owns the command line of the pipeline, `npm run firmware -- build | stats`: arguments in, lines and an exit code out.
import * as path from "node:path";
import { parseArgs } from "node:util";
import { BOOT_BYTES_MAX, BUNDLE_BYTES_MAX, CHAIN_CALLS_MAX } from "./budget.ts";
import { buildFirmware } from "./build.ts";
import type { BuildResult } from "./built-firmware.ts";
import { formatRefusal } from "./dialect.ts";
import { ensureFirmware } from "./ensure-firmware.ts";
import {
  FAULT_BYTES_MAX,
  type FaultName,
  folderOfFault,
  isFaultName,
  listFaultNames,
  nameFaultyVersion,
} from "./faults.ts";
import { listDeepestChain, type ProgramStats, readStats } from "./stats.ts";

/** What `stats` tells of a whole trap: for a program, and the same in lines for a person. */
export interface TrapStats {
  /** Everything is within its budget. */
  ok: boolean;
  facts: Record<string, unknown>;
  lines: string[];
}

export interface CommandIo {
  /** The repository. */
  root: string;
  /** One line. */
  write(line: string): void;
  writeError(line: string): void;
  /** Looks at the whole trap for `stats`: the image that is made of what was built. */
  readTrapStats(options: { root: string; outDir: string; version?: string }): Promise<TrapStats>;
  /** Of the commands of others that stand beside these. */
  otherHelp?: readonly string[];
}

const USAGE = `usage: npm run firmware -- build [--version X] [--production] [--fault NAME] [--out FOLDER] [--json]
  Checks the sources and makes the firmware and its loader of them: bundle.js and boot.js in .trapline/firmware. With a fault it is
  broken on purpose, its version says so, and it stands in a folder of its own: ${listFaultNames()}.
npm run firmware -- stats [--version X] [--out FOLDER] [--json]
  Tells how much both take of what a trap has: bytes, variables, stack, messages; builds first if something has changed. Where
  ESPRUINO_BIN names an interpreter for Linux, the image is started on it and measured.`;

/** @returns the exit code: 0 done, 1 refused or above the budget, 2 not understood. */
export async function firmwareCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  const usage = [USAGE, ...(io.otherHelp ?? [])].join("\n");
  if (argv.includes("--help")) {
    io.write(usage);
    return 0;
  }
  const parsed = parseCommand(argv);
  if (parsed === undefined) {
    io.writeError(usage);
    return 2;
  }
  const options = {
    root: io.root,
    outDir: path.resolve(io.root, parsed.out ?? path.join(".trapline", "firmware", folderOfFault(parsed.fault))),
    production: parsed.production,
    ...(parsed.fault && { fault: parsed.fault }),
    ...(parsed.version === undefined ? {} : { version: parsed.version }),
  };
  const result = parsed.name === "build" ? await buildFirmware(options) : await ensureFirmware(options);
  if (!result.ok) return tellRefusals(result, parsed.json, io);
  const bundle = { ...result.bundle, ...(await readStats(result.bundle.path)) };
  const boot = { ...result.boot, ...(await readStats(result.boot.path)) };
  const trap = parsed.name === "stats" ? await io.readTrapStats(options) : undefined;
  const chain = parsed.name === "stats" ? listDeepestChain(io.root) : [];
  const bytesMax = BUNDLE_BYTES_MAX + (parsed.fault === undefined ? 0 : FAULT_BYTES_MAX);
  const isSmall = bundle.size <= bytesMax && boot.size <= BOOT_BYTES_MAX && chain.length <= CHAIN_CALLS_MAX;
  const within = isSmall && trap?.ok !== false;
  const { version } = result.manifest;
  if (parsed.json)
    io.write(JSON.stringify({ ok: within, version, bundle, boot, ...(trap && { chain, ...trap.facts }) }));
  else {
    io.write(`firmware ${version} in ${options.outDir}`);
    io.write(formatProgram("bundle", bundle, bytesMax, result.bundle.sha256));
    io.write(formatProgram("boot", boot, BOOT_BYTES_MAX, result.boot.sha256));
    for (const line of trap?.lines ?? []) io.write(line);
    if (trap) io.write(`deepest chain of calls, ${chain.length} of ${CHAIN_CALLS_MAX}: ${chain.join(" > ")}`);
    if (!within) io.writeError("above the budget of firmware/bundle/budget.ts");
  }
  return within ? 0 : 1;
}

interface ParsedCommand {
  name: "build" | "stats";
  version?: string;
  out?: string;
  production: boolean;
  fault?: FaultName;
  json: boolean;
}

function parseCommand(argv: readonly string[]): ParsedCommand | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        ...{ version: { type: "string" }, out: { type: "string" }, fault: { type: "string" } },
        ...{ production: { type: "boolean", default: false }, json: { type: "boolean", default: false } },
      },
    });
    const [name, ...rest] = positionals;
    if ((name !== "build" && name !== "stats") || rest.length > 0) return undefined;
    const { fault, ...others } = values;
    if (fault === undefined) return { name, ...others };
    if (name !== "build" || !isFaultName(fault)) return undefined;
    if (others.version !== undefined) nameFaultyVersion(others.version, fault);
    return { name, ...others, fault };
  } catch {
    // An unknown option, or a version too long for its fault: the usage says what there is.
    return undefined;
  }
}

function tellRefusals(result: BuildResult & { ok: false }, json: boolean, io: CommandIo): number {
  if (json) io.write(JSON.stringify({ ok: false, refusals: result.refusals }));
  else {
    for (const refusal of result.refusals) io.writeError(formatRefusal(refusal));
    io.writeError(`${result.refusals.length} refused; nothing was written`);
  }
  return 1;
}

function formatProgram(name: string, stats: ProgramStats, bytesMax: number, sha256: string): string {
  const share = Math.round((stats.size / bytesMax) * 100);
  return (
    `${name}: ${stats.size} of ${bytesMax} bytes (${share} %), sha256 ${sha256.slice(0, 16)}, ${stats.functions} functions, ` +
    `${stats.residentFunctions} resident with about ${stats.residentVariables} variables`
  );
}
