// Owns the watch over all traps at once: what was heard is written down every few seconds in one statement, then whoever has been silent
// for too long is offline. First the one, then the other, and only if the first succeeded: a database that was away must not make traps
// look silent.
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { TraplineDatabase } from "../db/connection.ts";
import type { Transaction } from "../db/tenant-transaction.ts";
import type { DeviceLink, DeviceScope } from "../mqtt/device-door.ts";
import { startRepeating } from "../repeat.ts";
import { lookAt, type SessionName, startWatch } from "./presence.ts";
import { endSession } from "./queries/end-session.ts";
import { listSilent } from "./queries/list-silent.ts";
import { reviveSession } from "./queries/revive-session.ts";
import type { OpenSession } from "./queries/session-row.ts";
import { type Heard, updateHeard } from "./queries/update-heard.ts";

export interface PresenceWatchDeps {
  db: TraplineDatabase;
  clock: Clock;
  log: Logger;
  link: DeviceLink;
  notifyDevice(trx: Transaction, device: Pick<DeviceScope, "tenantId" | "deviceId">): Promise<void>;
}

export interface PresenceWatch {
  /** Something of this session was heard; cheap, written down at the next look. */
  heard(device: DeviceScope, session: SessionName, at: Date): void;
  /** Write down and judge now. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

export const LOOK_MS = 10_000;
/** Sessions ended in one look at most, and in one go of it. */
const SILENT_AT_ONCE = 200;
const SILENT_PER_LOOK = 5_000;

export function createPresenceWatch(deps: PresenceWatchDeps): PresenceWatch {
  const { db, clock } = deps;
  let heard = new Map<string, Heard>();
  let watch = startWatch(clock.now());

  async function writeHeard(): Promise<void> {
    const batch = heard;
    heard = new Map();
    try {
      const strays = await db.system((trx) => updateHeard(trx, [...batch.values()]));
      for (const stray of strays) await judgeStray(stray);
    } catch (error) {
      // What came in meanwhile is newer.
      heard = new Map([...batch, ...heard]);
      throw error;
    }
  }

  async function judgeStray(stray: Heard): Promise<void> {
    const outcome = await db.ingest(stray, async (trx) => {
      const found = await reviveSession(trx, stray);
      if (found === "revived") await deps.notifyDevice(trx, stray);
      return found;
    });
    if (outcome !== "gone") return;
    deps.log.warn({ deviceId: stray.deviceId }, "connection outlived its credentials, ended");
    deps.link.disconnect(stray);
  }

  async function endSilent(silentBefore: Date): Promise<void> {
    for (let ended = 0; ended < SILENT_PER_LOOK; ended += SILENT_AT_ONCE) {
      const silent = await db.system((trx) => listSilent(trx, silentBefore, SILENT_AT_ONCE));
      for (const session of silent) await endOne(session, silentBefore);
      if (silent.length < SILENT_AT_ONCE) return;
    }
  }

  async function endOne(session: OpenSession, silentBefore: Date): Promise<void> {
    const isOffline = await db.ingest(session, async (trx) => {
      const offline = await endSession(trx, session, "silent", clock.now(), silentBefore);
      if (offline) await deps.notifyDevice(trx, session);
      return offline;
    });
    if (isOffline) deps.log.info({ tenantId: session.tenantId, deviceId: session.deviceId }, "device silent, offline");
  }

  async function look(): Promise<void> {
    await writeHeard();
    const looked = lookAt(watch, clock.now(), LOOK_MS);
    watch = looked.watch;
    if (looked.silentBefore !== null) await endSilent(looked.silentBefore);
  }

  const repeated = startRepeating({ clock, log: deps.log, name: "presence", pauseMs: LOOK_MS, run: look });
  return {
    heard: (device, session, at) => void heard.set(device.credentialId, { ...device, ...session, at }),
    look,
    async stop() {
      await repeated.stop();
      await writeHeard().catch((error: unknown) => deps.log.warn({ err: error }, "last signs of life not kept"));
    },
  };
}
