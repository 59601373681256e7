// What a command is given, with everything it says kept for the test.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { CommandIo } from "../../../hil/commands/command-io.ts";

export interface WrittenIo
  extends Pick<
    CommandIo,
    "root" | "stateFolder" | "environment" | "owner" | "write" | "writeError" | "now" | "signal"
  > {
  out: string[];
  errors: string[];
  /** All of standard output; forgets it. */
  takeOut(): string;
  nowMs: number;
  remove(): void;
}

export function createWrittenIo(owner = "ute@lab"): WrittenIo {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-command-"));
  const io: WrittenIo = {
    root: path.join(import.meta.dirname, "../../.."),
    stateFolder: path.join(folder, "state"),
    environment: {},
    owner,
    out: [],
    errors: [],
    nowMs: Date.UTC(2026, 10, 21, 8),
    signal: new AbortController().signal,
    write: (line) => void io.out.push(line),
    writeError: (line) => void io.errors.push(line),
    takeOut: () => io.out.splice(0).join("\n"),
    now: () => io.nowMs,
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
  return io;
}
