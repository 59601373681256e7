// Owns `hil run`: a bench opened, its boards taken and run through the suites, results told as they come and kept when it is over, whatever
// the end was. The wiring of the bench is compose.ts's, the course of the run steps/'s.
import * as path from "node:path";
import { type Clock, createWallClock } from "../clock.ts";
import { type OpenBench, openBench } from "../compose.ts";
import { nameVirtualBoards, VIRTUAL_LABELS } from "../drivers/virtual/virtual-boards.ts";
import { EXIT, HilError } from "../error.ts";
import { startRecorder } from "../record/recorder.ts";
import { writeJsonLines } from "../report/json-lines.ts";
import { writePlain } from "../report/plain.ts";
import { createRunFolder, REPORT_FILES, type RunFolder } from "../report/run-folder.ts";
import { drawTerminal } from "../report/terminal.ts";
import type { Bench, BoardResource } from "../resources/bench.ts";
import { readBenchFile } from "../resources/bench-file.ts";
import { createEventStream } from "../steps/event-stream.ts";
import type { BoardFacts, EventStream } from "../steps/events.ts";
import { type RunBoard, runBoards } from "../steps/runner.ts";
import { selectBoards, selectSuites } from "../steps/selection.ts";
import type { Rig } from "../strategy/rig.ts";
import { health } from "../suites/health.ts";
import { SUITES } from "../suites/index.ts";
import { prepareFor, type Suite } from "../suites/suite.ts";
import { needsUpdateFiles } from "../suites/update-files.ts";
import type { CommandIo } from "./command-io.ts";
import { createKeeper, type Keeper } from "./run-keeper.ts";
import { createRepeatCommand, type RunFlags } from "./run-options.ts";

/** Where nothing is attached and nothing is named. */
const VIRTUAL_BENCH = path.join("hil", "benches", "virtual.yaml");

/** @returns the exit status: 0 passed, 1 failed, 2 bench file or usage, 3 infrastructure or interrupted */
export async function runCommand(flags: RunFlags, io: CommandIo, words: string[]): Promise<number> {
  const clock = createWallClock();
  const stream = createEventStream({ clock });
  const run = new AbortController();
  const onInterrupt = (): void => run.abort(new Error("the run was interrupted"));
  io.signal.addEventListener("abort", onInterrupt, { once: true });
  const stopTelling = tell(flags, io, stream, clock);
  try {
    return await perform({ flags, io, clock, stream, run, command: ["npm run hil --", ...words].join(" ") });
  } catch (error) {
    if (!(error instanceof HilError)) throw error;
    return refuse(error, flags, io);
  } finally {
    stopTelling();
    io.signal.removeEventListener("abort", onInterrupt);
  }
}

/** The run did not come about, or its results could not be kept. */
function refuse(error: HilError, flags: RunFlags, io: CommandIo): number {
  io.writeError(error.message);
  const exitStatus = error.kind === "usage" ? EXIT.usage : EXIT.infrastructure;
  if (flags.json) io.write(JSON.stringify({ ok: false, code: error.code, error: error.message, exitStatus }));
  return exitStatus;
}

function tell(flags: RunFlags, io: CommandIo, stream: EventStream, clock: Clock): () => void {
  const write = (text: string): void => void io.stdout.write(text);
  if (flags.json) return writeJsonLines(stream, write);
  if (!io.isTerminal) return writePlain(stream, write);
  return drawTerminal({ stream, clock, write, columns: () => io.stdout.columns, hasColours: io.colour });
}

interface Run {
  flags: RunFlags;
  io: CommandIo;
  clock: Clock;
  stream: EventStream;
  run: AbortController;
  /** As it was typed. */
  command: string;
}

async function perform(parts: Run): Promise<number> {
  const { flags, io, clock, stream, run } = parts;
  const bench = readBench(flags, io);
  const suites = chooseSuites(flags.suite);
  selectBoards(listExpected(bench), { names: flags.board, labels: flags.label });
  const runId = nameRun(clock);
  const folder = await createRunFolder({
    folder: path.resolve(flags.out ?? path.join(io.stateFolder, "runs", runId)),
    stream,
    onFailure: (error) => run.abort(error),
  });
  const recorder = flags.record
    ? startRecorder({ stream, folder: path.join(folder.folder, "recordings"), clock })
    : undefined;
  let exitStatus: number;
  try {
    exitStatus = await runOn(bench, suites, runId, folder, parts);
  } finally {
    recorder?.stop();
    await folder.finish();
  }
  tellWhere(folder, flags, io);
  return exitStatus;
}

/** Those that there will be, so that a name that fits none is told before anything is started. */
function listExpected(bench: Bench): { name: string; labels: Record<string, string> }[] {
  return [...bench.boards, ...nameVirtualBoards(bench.virtualBoards).map((name) => ({ name, labels: VIRTUAL_LABELS }))];
}

/** A board is looked at before anything is asked of it. @throws HilError "no-such-suite" */
function chooseSuites(names: string[]): Suite[] {
  const all = [...SUITES];
  return names.length === 0 ? all : selectSuites(all, [health.name, ...names]);
}

function readBench(flags: RunFlags, io: CommandIo): Bench {
  const file = flags.bench ?? path.join(io.root, VIRTUAL_BENCH);
  const bench = readBenchFile({ path: file, environment: io.environment });
  return flags.boards === undefined ? bench : { ...bench, virtualBoards: flags.boards };
}

/** Sorts by time, and two that begin at once differ. */
function nameRun(clock: Clock): string {
  const at = clock.date().toISOString().replaceAll(/[-:]/g, "").slice(0, 15);
  return `${at}-${process.pid.toString(36)}`;
}

async function runOn(bench: Bench, suites: Suite[], runId: string, folder: RunFolder, parts: Run): Promise<number> {
  const { flags, io, clock, stream, run } = parts;
  if (run.signal.aborted) throw new HilError("infrastructure", "interrupted", "Interrupted before the bench was open.");
  const opened = await openBench({
    ...{ root: io.root, stateFolder: io.stateFolder, environment: io.environment, bench, stream, clock },
    ...(flags.fault !== undefined && { fault: flags.fault }),
    preparesUpdates: suites.some(needsUpdateFiles),
    onBroken: (error) => run.abort(error),
  });
  try {
    const chosen = selectBoards(opened.boards, { names: flags.board, labels: flags.label });
    const keeper = createKeeper({
      io,
      stream,
      runId,
      folder,
      boards: chosen,
      reason: flags.reason ?? parts.command,
    });
    const { exitStatus } = await runBoards<Rig, Suite>({
      boards: chosen.map((board) => toRunBoard(board, opened, keeper)),
      ...{ suites, stream, clock, signal: run.signal, runId, bench: bench.name, folder: folder.folder },
      command: parts.command,
      repeat: flags.repeat,
      stopAtFirstFailure: flags.failFast === true,
      repeatCommand: createRepeatCommand(flags),
      prepare: prepareFor,
      ...(io.strays && { strays: io.strays }),
      onSuiteEnded: keeper.keep,
      onBoardBroken: keeper.quarantine,
    });
    return exitStatus;
  } finally {
    await opened.close();
  }
}

const toFacts = ({ name, mac, labels, clock }: BoardResource): BoardFacts => {
  return { name, mac, labels, isVirtual: clock !== undefined };
};

/** Takes the lease first and gives it back last. */
function toRunBoard(board: BoardResource, opened: OpenBench, keeper: Keeper): RunBoard<Rig> {
  return {
    facts: toFacts(board),
    async open() {
      const refused = keeper.findRefusal(board);
      if (refused !== undefined) return { refused };
      const lease = keeper.take(board);
      let onLost: ((cause: Error) => void) | undefined;
      lease.onLost((reason) => onLost?.(reason));
      try {
        const open = await opened.openBoard(board);
        return {
          ...open,
          watch(abort) {
            onLost = abort;
            return open.watch?.(abort) ?? (() => undefined);
          },
          async close() {
            await open.close().finally(() => lease.release());
          },
        };
      } catch (error) {
        lease.release();
        throw error;
      }
    },
  };
}

function tellWhere(folder: RunFolder, flags: RunFlags, io: CommandIo): void {
  if (flags.json) return;
  io.write(`report  ${path.join(folder.folder, REPORT_FILES.page)}`);
}
