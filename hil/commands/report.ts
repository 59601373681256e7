// Owns `hil report`: the reports of a run made anew from what was written while it went on, as after the bench was killed.
import * as path from "node:path";
import { EXIT } from "../error.ts";
import { REPORT_FILES, readRun, writeReports } from "../report/run-folder.ts";
import type { CommandIo } from "./command-io.ts";

/** @param folder of the run @throws HilError "no-run", "run-folder-failed", "disk-full" */
export async function reportCommand(folder: string, io: Pick<CommandIo, "write">): Promise<number> {
  await writeReports(folder, await readRun(folder));
  io.write(`report  ${path.join(folder, REPORT_FILES.page)}`);
  return EXIT.passed;
}
