// Owns the two replays as they are run outside of a test: a recording into a virtual board with a simulated cloud, and a recording's trap
// against a cloud at an address. What they need is made here and gone afterwards.
import * as path from "node:path";
import type { Identity, TrapKind } from "#protocol";
import type { Clock } from "../clock.ts";
import { createPersons } from "./cloud-side.ts";
import type { Recording } from "./recording.ts";
import { type ReplayOutcome, replayAgainstCloud } from "./replay-cloud.ts";
import { replayAgainstTrap } from "./replay-trap.ts";
import { startSimulatedCloud } from "./simulated-cloud.ts";
import { startVirtualReplayBoard } from "./virtual-replay-board.ts";

export interface ReplayTools {
  /** The repository. */
  root: string;
  /** Of the bench; what is made in it is removed. */
  stateFolder: string;
  environment: NodeJS.ProcessEnv;
  clock: Clock;
  randomBytes(count: number): Uint8Array;
  signal?: AbortSignal;
}

/** A busy machine is no trap that hangs: faster than this it would be taken for one. */
export const REPLAY_SPEED = 4;
const WIFI = { ssid: "replay", password: "mind-your-fingers" };
const HARDWARE = "esp32";

/** @param storage the whole partition @throws HilError of whatever does not start */
export async function replayIntoVirtualBoard(
  recording: Recording,
  wish: { storage: Uint8Array; kind: TrapKind; speed: number },
  tools: ReplayTools,
): Promise<ReplayOutcome> {
  const { clock, randomBytes, stateFolder } = tools;
  const identity = drawIdentity(wish.kind, randomBytes);
  const cloud = await startSimulatedCloud({ recording, identity, clock, randomBytes });
  try {
    const folder = path.join(stateFolder, "replays", drawHex(randomBytes, 4));
    const at = { ...identity, ...cloud.http };
    const board = await startVirtualReplayBoard({ ...tools, ...wish, folder, identity: at, wifi: WIFI });
    try {
      const secrets = { "wifi-ssid": WIFI.ssid, "wifi-password": WIFI.password };
      return await replayAgainstTrap({ ...tools, recording, board, cloud, secrets, speed: wish.speed });
    } finally {
      await board.close();
    }
  } finally {
    await cloud.stop();
  }
}

export interface CloudAddress {
  /** Without a slash at the end. */
  url: string;
  factoryToken: string;
  /** Undefined: where the trap's credentials say. */
  mqtt?: { host: string; port: number };
}

/** Persons and an identity of the replay's own are made there. @throws HilError where it does not answer or refuses us */
export async function replayAgainstCloudAt(
  recording: Recording,
  { url, factoryToken, mqtt }: CloudAddress,
  kind: TrapKind,
  tools: ReplayTools,
): Promise<ReplayOutcome> {
  const { clock, randomBytes, signal } = tools;
  const identity = drawIdentity(kind, randomBytes);
  const name = identity.serial.toLowerCase();
  const getPerson = createPersons(url, name, drawHex(randomBytes, 12));
  const cloud = { httpUrl: url, factoryToken, getPerson, ...(mqtt && { mqtt }) };
  return replayAgainstCloud({ recording, cloud, identity, clock, ...(signal && { signal }) });
}

/** Of a chip that is nobody's: the maker's own range, and never a board of the bench. */
function drawIdentity(kind: TrapKind, randomBytes: (count: number) => Uint8Array): Identity {
  const tail = drawHex(randomBytes, 3).replace(/^(..)(..)(..)$/, "$1:$2:$3");
  const serial = `TL-REPLAY-${drawHex(randomBytes, 5).toUpperCase()}`;
  const key = drawHex(randomBytes, 32);
  return { serial, mac: `24:0a:c4:${tail}`, key, hardware: HARDWARE, kind, host: "127.0.0.1", port: 1 };
}

function drawHex(randomBytes: (count: number) => Uint8Array, count: number): string {
  return Buffer.from(randomBytes(count)).toString("hex");
}
