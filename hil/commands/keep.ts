// Owns `hil keep`: a recording becomes a test with one command: trimmed, looked through for secrets, with what is expected of it, where every
// run of the tests finds it [RECORD-3].
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { EXIT, HilError } from "../error.ts";
import { listHalves, trimRecording } from "../record/kept.ts";
import { KEPT_AGAINST, type Kept, type KeptAgainst, parseExpectation } from "../record/kept-terms.ts";
import { formatRecording, type Recording } from "../record/recording.ts";
import { findSecrets } from "../record/secrets.ts";
import type { CommandIo } from "./command-io.ts";
import { readRecording } from "./replay.ts";

export interface KeepFlags {
  name: string;
  /** `trap`, `cloud`; both halves unless told, as far as the recording has them. */
  against?: string[];
  /** Outputs that have to come in a replay: "mqtt event kind=sprung". */
  must?: string[];
  /** Outputs that must not. */
  never?: string[];
  /** What was kept under this name before goes. */
  force?: boolean;
}

export type KeepIo = Pick<CommandIo, "root" | "write">;

/** In the repository. */
export const RECORDINGS_FOLDER = "hil/recordings";

/** @returns the exit status @throws HilError, and then nothing was written */
export async function keepCommand(file: string, flags: KeepFlags, io: KeepIo): Promise<number> {
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(flags.name) || flags.name.length > 60) {
    throw refuse(`--name ${flags.name} is no name for a test; expected words with dashes, as mouse-in-attic.`);
  }
  const { recording } = await readRecording(file);
  const trimmed = trimRecording(recording);
  const kept = describeKept(trimmed, flags);
  const text = formatRecording({ ...trimmed, kept });
  checkSecrets(trimmed);
  const target = path.join(io.root, RECORDINGS_FOLDER, `${flags.name}.jsonl`);
  await write(target, text, flags);
  const expected = kept.expects === "same" ? "the same again" : tellOtherwise(kept);
  io.write(
    `${RECORDINGS_FOLDER}/${flags.name}.jsonl: ${trimmed.entries.length} of ${recording.entries.length} entries`,
  );
  io.write(`against ${kept.against.join(" and ")}; expected is ${expected}`);
  io.write("run it: npm test -- hil/recordings");
  return EXIT.passed;
}

function describeKept(recording: Recording, { name, against, must = [], never = [] }: KeepFlags): Kept {
  for (const text of [...must, ...never]) {
    if (parseExpectation(text) !== null) continue;
    throw refuse(
      `"${text}" is no output of a trap; expected console, mqtt or http, a name and fields: "mqtt event kind=sprung".`,
    );
  }
  const halves = listHalves(recording);
  const wished = against?.map(readAgainst) ?? halves;
  const missing = wished.find((one) => !halves.includes(one));
  if (missing !== undefined) throw refuse(`The recording holds nothing that could be replayed against a ${missing}.`);
  if (wished.length === 0)
    throw refuse("The recording holds nothing that could be replayed. Record a suite that touches the trap.");
  const isSound = recording.end?.outcome === "passed" || recording.end?.outcome === "marginal";
  const expects = isSound && must.length + never.length === 0 ? "same" : "otherwise";
  return { name, against: wished, expects, must, never };
}

function readAgainst(word: string): KeptAgainst {
  const known = KEPT_AGAINST.find((one) => one === word);
  if (known !== undefined) return known;
  throw refuse(`--against ${word} is not understood; expected ${KEPT_AGAINST.join(" or ")}.`);
}

/** Nobody finds a secret again once it is in the history of a repository. */
function checkSecrets(recording: Recording): void {
  const found = findSecrets(recording.entries);
  if (found.length === 0) return;
  const places = found.map(({ line, what }) => {
    const entry = recording.entries[line - 2];
    return `  ${entry?.kind} at ${((entry?.at ?? 0) / 1000).toFixed(3)} s: ${what}`;
  });
  const message = `The recording seems to hold secrets, and is not kept:\n${places.join("\n")}\nReplace them by placeholders, as <secret>.`;
  throw new HilError("usage", "recording-has-secrets", message);
}

async function write(target: string, text: string, { name, force }: KeepFlags): Promise<void> {
  try {
    await fs.mkdir(path.dirname(target), { recursive: true });
    await fs.writeFile(target, text, { flag: force ? "w" : "wx" });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "EEXIST")
      throw refuse(`There is a recording called ${name} already. Choose another name, or --force.`);
    const why = error instanceof Error ? error.message : String(error);
    throw new HilError("infrastructure", "recording-not-kept", `${target} was not written: ${why}.`, error);
  }
}

function tellOtherwise({ must, never }: Kept): string {
  if (must.length + never.length === 0) return "anything but this once more: it shows a fault";
  const words = [...must.map((text) => `"${text}" comes`), ...never.map((text) => `"${text}" does not come`)];
  return words.join(", ");
}

function refuse(message: string): HilError {
  return new HilError("usage", "recording-not-kept", message);
}
