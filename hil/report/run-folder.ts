// Owns the folder of a run: events.jsonl, which grows as the run goes and is all there is if the machine dies, and the reports, which are
// made of it at the end, however the run ended. A disk that is full ends the run in words, not as a crash. [BENCH-13]
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { HilError } from "../error.ts";
import type { EventStream, HilEvent } from "../steps/events.ts";
import { renderPage } from "./html-page.ts";
import { renderJunit } from "./junit.ts";
import { renderReportJson } from "./report-json.ts";
import { createRunModel, type RunModel } from "./run-model.ts";

/** What of the file system it needs; the real one unless told. */
export interface FolderFs {
  mkdir(folder: string): Promise<void>;
  openToAppend(file: string): Promise<{ write(text: string): Promise<void>; close(): Promise<void> }>;
  /** There whole or not at all. */
  writeWhole(file: string, text: string): Promise<void>;
}

export interface RunFolderOptions {
  folder: string;
  stream: EventStream;
  fs?: FolderFs;
  /** Called once when the events can be written no more: abort the run's signal with it. */
  onFailure(error: HilError): void;
}

export interface RunFolder {
  readonly folder: string;
  /** For listeners that want the state of things at any time. */
  readonly model: RunModel;
  /** Writes what is left and the reports; marked as partial where the run has not ended. @throws HilError "run-folder-failed", "disk-full" */
  finish(): Promise<void>;
}

export const REPORT_FILES = {
  events: "events.jsonl",
  junit: "junit.xml",
  json: "report.json",
  page: "report.html",
} as const;

/** @throws HilError where the folder cannot be made */
export async function createRunFolder(options: RunFolderOptions): Promise<RunFolder> {
  const { folder, stream, fs: files = nodeFs } = options;
  const file = path.join(folder, REPORT_FILES.events);
  const guard = <T>(work: Promise<T>, what: string) =>
    work.catch((error: unknown) => Promise.reject(explain(error, what)));
  await guard(files.mkdir(folder), folder);
  const events = await guard(files.openToAppend(file), file);
  const { model, apply } = createRunModel();
  let pending = "";
  let writing: Promise<void> | undefined;
  let failure: HilError | undefined;

  async function flush(): Promise<void> {
    while (pending !== "" && failure === undefined) {
      const text = pending;
      pending = "";
      try {
        await guard(events.write(text), file);
      } catch (error) {
        failure = error instanceof HilError ? error : explain(error, file);
        options.onFailure(failure);
      }
    }
    writing = undefined;
  }

  const stop = stream.subscribe((event) => {
    apply(event);
    if (failure !== undefined) return;
    pending += `${JSON.stringify(event)}\n`;
    writing ??= flush();
  });

  return {
    folder,
    model,
    async finish() {
      stop();
      await writing;
      await guard(events.close(), file);
      await writeReports(folder, model, files);
      if (failure !== undefined) throw failure;
    },
  };
}

/** Makes the reports of a run anew, as after the bench was killed. @throws HilError */
export async function writeReports(folder: string, model: RunModel, files: FolderFs = nodeFs): Promise<void> {
  const reports: [string, (model: RunModel) => string][] = [
    [REPORT_FILES.junit, renderJunit],
    [REPORT_FILES.json, renderReportJson],
    [REPORT_FILES.page, renderPage],
  ];
  let failure: HilError | undefined;
  for (const [name, render] of reports) {
    const file = path.join(folder, name);
    // A disk that has no room for the page may have room for the shorter ones.
    await files.writeWhole(file, render(model)).catch((error: unknown) => {
      failure ??= explain(error, file);
    });
  }
  if (failure !== undefined) throw failure;
}

/** The run as events.jsonl tells it; a last line that was cut off is left out. @throws HilError "no-run" */
export async function readRun(folder: string): Promise<RunModel> {
  const file = path.join(folder, REPORT_FILES.events);
  const text = await fs.readFile(file, "utf8").catch((error: unknown) => {
    throw new HilError("usage", "no-run", `there is no run in ${folder}: ${file} cannot be read`, error);
  });
  const { model, apply } = createRunModel();
  for (const line of text.split("\n").slice(0, -1)) {
    const event: HilEvent = JSON.parse(line);
    apply(event);
  }
  return model;
}

function explain(error: unknown, file: string): HilError {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOSPC" || code === "EDQUOT") {
    const what = `the disk is full: ${file} cannot be written; make room and run again, older runs may be deleted`;
    return new HilError("infrastructure", "disk-full", what, error);
  }
  const why = error instanceof Error ? error.message : String(error);
  const what = `${file} cannot be written: ${why}; give the bench a folder it may write to`;
  return new HilError("infrastructure", "run-folder-failed", what, error);
}

const nodeFs: FolderFs = {
  mkdir: async (folder) => void (await fs.mkdir(folder, { recursive: true })),
  async openToAppend(file) {
    const handle = await fs.open(file, "a");
    return { write: (text) => handle.appendFile(text), close: () => handle.close() };
  },
  async writeWhole(file, text) {
    const partial = `${file}.partial`;
    try {
      await fs.writeFile(partial, text);
      await fs.rename(partial, file);
    } catch (error) {
      await fs.rm(partial, { force: true });
      throw error;
    }
  },
};
