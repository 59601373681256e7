// Owns the way of telemetry into the database: what the traps of all tenants tell within a moment is written in one statement, since most of
// what they ever say is telemetry. A message is acknowledged when its batch has committed, and not before [ALERT-1].
import type { DownMessage, UpMessage } from "#protocol";
import type { Clock, Timer } from "../clock.ts";
import type { TraplineDatabase } from "../db/connection.ts";
import type { Ingest } from "../mqtt/device-door.ts";
import { notifyDevices } from "./queries/notify-devices.ts";
import { type ToldTelemetry, updateTelemetry } from "./queries/update-telemetry.ts";

export interface TelemetryIngest {
  take: Ingest<Extract<UpMessage, { name: "telemetry" }>>;
  /** Write what waits, without waiting for more, and from now on everything at once. */
  stop(): Promise<void>;
}

/** How long the first message of a batch waits for others: nobody notices, and a crowd comes within it. */
export const GATHER_MS = 50;
/** Messages written at once, at most. */
export const BATCH_MAX = 500;

interface Waiting {
  telemetry: ToldTelemetry;
  resolve(answers: DownMessage[]): void;
  reject(error: unknown): void;
}

export function createTelemetryIngest({ db, clock }: { db: TraplineDatabase; clock: Clock }): TelemetryIngest {
  const waiting: Waiting[] = [];
  let timer: Timer | null = null;
  let writing: Promise<void> | null = null;
  let isStopped = false;

  /** One batch after the other: what comes meanwhile is the next one. */
  function begin(): void {
    timer?.stop();
    timer = null;
    if (writing === null && waiting.length > 0) writing = writeAll();
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) await writeTraps(db, groupByTrap(waiting.splice(0, BATCH_MAX)));
    writing = null;
  }

  return {
    take: ({ tenantId, deviceId }, message, at) =>
      new Promise((resolve, reject) => {
        waiting.push({ telemetry: { tenantId, deviceId, told: message.value, at }, resolve, reject });
        if (isStopped || waiting.length >= BATCH_MAX) begin();
        else timer ??= clock.setTimer(GATHER_MS, begin);
      }),
    async stop() {
      isStopped = true;
      begin();
      await writing;
    },
  };
}

/** What each trap has told, in its order. */
function groupByTrap(batch: Waiting[]): Waiting[][] {
  const traps = new Map<string, Waiting[]>();
  for (const one of batch) {
    const key = `${one.telemetry.tenantId} ${one.telemetry.deviceId}`;
    traps.set(key, [...(traps.get(key) ?? []), one]);
  }
  return [...traps.values()];
}

/** Of each trap the last that it told counts; all that led to it is acknowledged with it. A value that cannot be stored costs its trap alone. */
async function writeTraps(db: TraplineDatabase, traps: Waiting[][]): Promise<void> {
  const messages = traps.flat();
  try {
    await db.system(async (trx) => {
      const told = traps.flatMap((one) => one.slice(-1)).map((one) => one.telemetry);
      // Whoever writes takes the rows in one order, so that two instances never wait for each other in a circle.
      told.sort((a, b) => (a.deviceId < b.deviceId ? -1 : 1));
      await notifyDevices(trx, await updateTelemetry(trx, told));
    });
    for (const { resolve } of messages) resolve([]);
  } catch (error) {
    if (traps.length === 1 || !isOfValues(error)) {
      for (const { reject } of messages) reject(error);
      return;
    }
    const half = Math.ceil(traps.length / 2);
    await writeTraps(db, traps.slice(0, half));
    await writeTraps(db, traps.slice(half));
  }
}

/** PostgreSQL's words for values that it cannot store, or that a rule of the tables refuses; not for a server that is away or too slow. */
function isOfValues(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^(22|23|P0|TL)/.test(String(error.code));
}
