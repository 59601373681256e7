// Owns the command that says what is wrong with a bench and how to mend it, one thing after the other, without touching a board unless asked
// to. What is asked is in doctor/.
import * as path from "node:path";
import { EXIT } from "../error.ts";
import type { Bench } from "../resources/bench.ts";
import { readBenchFile } from "../resources/bench-file.ts";
import { BenchFileError } from "../resources/bench-mistakes.ts";
import { openLeases, openQuarantine } from "./board-desk.ts";
import type { CommandIo } from "./command-io.ts";
import { checkAccessPoints, checkBoard } from "./doctor/board-checks.ts";
import { type Check, check, ok } from "./doctor/check.ts";
import { checkCloud, checkDisk, checkImages, checkNode, checkStateFolder } from "./doctor/machine-checks.ts";
import { createDoctorTools, type DoctorTools } from "./doctor/tools.ts";

type Io = Pick<CommandIo, "root" | "stateFolder" | "environment" | "owner" | "write" | "now">;

export interface DoctorOptions {
  /** Path of the bench file; the virtual bench unless told. */
  bench?: string;
  /** Read the chips' MACs, which resets the boards. */
  probe?: boolean;
  json?: boolean;
}

/** @returns 0 if nothing is wrong, 2 if the bench file is, 3 if something beneath it is */
export async function runDoctor(
  options: DoctorOptions,
  io: Io,
  tools: DoctorTools = createDoctorTools(),
): Promise<number> {
  const checks: Check[] = [];
  const tell = (...more: Check[]): void => {
    checks.push(...more);
    if (!options.json) for (const one of more) for (const line of printCheck(one)) io.write(line);
  };
  tell(await checkNode(tools), await checkStateFolder(io), await checkDisk(io, tools));
  const bench = await readBench(options, io, tell);
  if (bench !== undefined) await checkBench(bench, options, io, tools, tell);
  const status = toStatus(checks);
  if (options.json) io.write(JSON.stringify({ status, checks }));
  else io.write(printSum(checks));
  return status;
}

async function readBench(options: DoctorOptions, io: Io, tell: (check: Check) => void): Promise<Bench | undefined> {
  const file = options.bench ?? path.join(io.root, "hil", "benches", "virtual.yaml");
  let bench: Bench | undefined;
  tell(
    await check("bench-file", file, () => {
      try {
        bench = readBenchFile({ path: file, environment: io.environment });
        const { boards, virtualBoards } = bench;
        return ok(`${bench.name}: ${boards.length} boards, ${virtualBoards} virtual ones`);
      } catch (thrown) {
        if (!(thrown instanceof BenchFileError)) throw thrown;
        return { state: "wrong", found: thrown.message, mend: "Mend the file, then ask again.", kind: "usage" };
      }
    }),
  );
  return bench;
}

async function checkBench(
  bench: Bench,
  { probe = false }: DoctorOptions,
  io: Io,
  tools: DoctorTools,
  tell: (...checks: Check[]) => void,
): Promise<void> {
  tell(...(await checkCloud(bench, io, tools)));
  tell(...(await checkImages(bench.firmware)));
  const desk = { io, tools, probe, leases: openLeases(io), quarantine: openQuarantine(io) };
  // One after the other: relays share ports, and a person reads along.
  for (const board of bench.boards) tell(...(await checkBoard(board, desk)));
  tell(...(await checkAccessPoints(bench.boards, desk)));
}

function toStatus(checks: readonly Check[]): number {
  const kinds = checks.filter(({ state }) => state === "wrong").map(({ kind }) => kind);
  if (kinds.length === 0) return EXIT.passed;
  return kinds.includes("usage") ? EXIT.usage : EXIT.infrastructure;
}

function printCheck({ check: name, subject, state, found, mend }: Check): string[] {
  const lines = [`${state.padEnd(7)}  ${name.padEnd(14)}  ${subject}: ${found}`];
  if (state !== "ok" && mend !== undefined) lines.push(`${" ".repeat(27)}${mend}`);
  return lines;
}

function printSum(checks: readonly Check[]): string {
  const count = (state: Check["state"]): number => checks.filter((one) => one.state === state).length;
  if (count("wrong") === 0) return `Nothing is wrong; ${count("ok")} are well, ${count("unknown")} could not be told.`;
  return `${count("wrong")} wrong, ${count("unknown")} could not be told, ${count("ok")} are well.`;
}
