// Owns `hil replay`: a recording put into a virtual board with any firmware, or its trap played to a cloud, and the differences told. Which
// of them are found is record/'s.
import { randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { TRAP_KINDS, type TrapKind } from "#protocol";
import { type Clock, createWallClock } from "../clock.ts";
import { runChild } from "../drivers/child/child-program.ts";
import { openCloudFolder } from "../drivers/cloud/cloud-folder.ts";
import { findFreePort } from "../drivers/cloud/free-port.ts";
import { startLocalCloud } from "../drivers/cloud/local-cloud.ts";
import { createFirmwareFiles } from "../drivers/firmware-files.ts";
import { EXIT, HilError } from "../error.ts";
import { type Difference, TOLERATED } from "../record/comparing.ts";
import { OUTPUTS_COMPARED } from "../record/expectations.ts";
import { parseRecording, type Recording } from "../record/recording.ts";
import type { ReplayOutcome } from "../record/replay-cloud.ts";
import { REPLAY_SPEED, type ReplayTools, replayAgainstCloudAt, replayIntoVirtualBoard } from "../record/run-replay.ts";
import type { CommandIo } from "./command-io.ts";

export interface ReplayFlags {
  /** A Storage partition; of this repository's firmware unless told. */
  storage?: string;
  /** `simulated` (as unless told): into a board; `local` or an address: the trap is played to that cloud. */
  cloud?: string;
  /** How much faster than ours the board's time runs. */
  speed?: string;
  /** Of the trap; an alert's severity depends on it. */
  kind?: string;
  json?: boolean;
}

export type ReplayIo = Pick<CommandIo, "root" | "stateFolder" | "environment" | "write" | "writeError" | "signal">;

const FACTORY_TOKEN_ENV = "TRAPLINE_FACTORY_TOKEN";
const SPEED_MAX = 1000;

/** @returns the exit status: 0 no differences, 1 some @throws HilError */
export async function replayCommand(file: string, flags: ReplayFlags, io: ReplayIo): Promise<number> {
  const wish = readWish(flags);
  const { recording, remarks } = await readRecording(file);
  const tools = createTools(io, createWallClock());
  const outcome = await run(recording, wish, tools, io);
  outcome.remarks.unshift(...remarks);
  if (flags.json) io.write(JSON.stringify(outcome, null, 2));
  else tell(file, outcome, io);
  if (outcome.compared === 0) {
    const message = `${file} holds nothing that could be compared. Record a suite that touches the trap.`;
    throw new HilError("usage", "nothing-to-replay", message);
  }
  return outcome.differences.length > 0 ? EXIT.failed : EXIT.passed;
}

/** @throws HilError "recording-unusable", with the line */
export async function readRecording(file: string): Promise<{ recording: Recording; remarks: string[] }> {
  const text = await fs.readFile(file, "utf8").catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw unusable(
      `${file} cannot be read: ${why}. Recordings of a run lie in its folder, after hil run --record.`,
      error,
    );
  });
  const parsed = parseRecording(text);
  if (parsed.ok) return { recording: parsed.value, remarks: parsed.remarks };
  throw unusable(`${file}, line ${parsed.line}: ${parsed.fault}. Take another recording, or mend that line.`);
}

function unusable(message: string, cause?: unknown): HilError {
  return new HilError("usage", "recording-unusable", message, cause);
}

export function createTools(
  io: Pick<ReplayIo, "root" | "stateFolder" | "environment" | "signal">,
  clock: Clock,
): ReplayTools {
  const { root, stateFolder, environment, signal } = io;
  return { root, stateFolder, environment, signal, clock, randomBytes };
}

interface Wish {
  storage: string | undefined;
  cloud: "simulated" | "local" | URL;
  speed: number;
  kind: TrapKind;
}

function readWish({ storage, cloud = "simulated", speed, kind = "live-catch" }: ReplayFlags): Wish {
  const known = TRAP_KINDS.find((one) => one === kind);
  if (known === undefined) throw wrong("--kind", kind, `one of ${TRAP_KINDS.join(", ")}`);
  const number = speed === undefined ? REPLAY_SPEED : Number(speed);
  if (!Number.isInteger(number) || number < 1 || number > SPEED_MAX) throw wrong("--speed", speed, `1 to ${SPEED_MAX}`);
  if (cloud === "simulated") return { storage, cloud, speed: number, kind: known };
  if (storage !== undefined) {
    const message =
      "--storage says which firmware a board gets, and --cloud that there is no board. Leave one of them out.";
    throw new HilError("usage", "wrong-flags", message);
  }
  if (cloud === "local") return { storage, cloud, speed: number, kind: known };
  if (!URL.canParse(cloud) || !/^https?:$/.test(new URL(cloud).protocol)) {
    throw wrong("--cloud", cloud, "simulated, local or an address as http://192.168.1.10:4700");
  }
  return { storage, cloud: new URL(cloud), speed: number, kind: known };
}

function wrong(flag: string, given: string | undefined, expected: string): HilError {
  return new HilError("usage", "wrong-flags", `${flag} ${given} is not understood; expected ${expected}.`);
}

async function run(recording: Recording, wish: Wish, tools: ReplayTools, io: ReplayIo): Promise<ReplayOutcome> {
  if (wish.cloud === "simulated") {
    const storage = await readStorage(wish.storage, tools);
    return replayIntoVirtualBoard(recording, { ...wish, storage }, tools);
  }
  if (wish.cloud === "local") return replayAgainstLocalCloud(recording, wish.kind, tools);
  const factoryToken = io.environment[FACTORY_TOKEN_ENV] ?? "";
  if (factoryToken === "") {
    const message = `A cloud elsewhere lets nobody register a trap without its factory token. Export ${FACTORY_TOKEN_ENV} first.`;
    throw new HilError("usage", "no-secret", message);
  }
  const url = wish.cloud.href.replace(/\/+$/, "");
  return replayAgainstCloudAt(recording, { url, factoryToken }, wish.kind, tools);
}

/** The Storage partition that is named, or that of this repository's firmware. @throws HilError */
export async function readStorage(file: string | undefined, tools: ReplayTools): Promise<Uint8Array> {
  if (file !== undefined) {
    return fs.readFile(file).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      const message = `${file} cannot be read: ${why}. npm run firmware -- image makes a Storage partition.`;
      throw new HilError("usage", "image-unusable", message, error);
    });
  }
  const firmware = createFirmwareFiles({
    folder: path.join(tools.stateFolder, "firmware"),
    runTrapline: (words, withinMs) =>
      runChild({ ...tools, name: "the firmware's program", words: ["bin/trapline.ts", ...words] }, withinMs),
  });
  return (await firmware.image()).bytes;
}

/** A cloud of its own, ended afterwards. @throws HilError where it does not start */
export async function replayAgainstLocalCloud(
  recording: Recording,
  kind: TrapKind,
  tools: ReplayTools,
): Promise<ReplayOutcome> {
  const { root, environment, clock, stateFolder } = tools;
  const host = "127.0.0.1";
  const cloud = await startLocalCloud({
    ...{ root, environment, clock },
    folder: openCloudFolder(path.join(stateFolder, "cloud")),
    databaseUrl: environment.DATABASE_URL || undefined,
    firmwareKeys: [],
    publicMqtt: { host, port: await findFreePort(host) },
  });
  try {
    const { url, factoryToken, mqtt } = cloud;
    return await replayAgainstCloudAt(recording, { url, factoryToken, mqtt }, kind, tools);
  } finally {
    await cloud.close();
  }
}

function tell(file: string, { differences, remarks, compared }: ReplayOutcome, io: ReplayIo): void {
  for (const remark of remarks) io.writeError(`note: ${remark}`);
  for (const difference of differences) for (const line of describeDifference(file, difference)) io.write(line);
  const found = differences.length === 0 ? "no differences" : `${differences.length} differences`;
  io.write(`${compared} things compared, ${found}`);
  if (differences.length > 0) io.writeError(["what is compared:", ...OUTPUTS_COMPARED, ...TOLERATED].join("\n  "));
}

export function describeDifference(file: string, difference: Difference): string[] {
  const { line, at, what, recorded, replayed } = difference;
  const place = line === 0 ? `${file}, after all` : `${file}:${line}`;
  return [`${place} (${(at / 1000).toFixed(3)} s) ${what}`, `  recorded: ${recorded}`, `  replayed: ${replayed}`];
}
