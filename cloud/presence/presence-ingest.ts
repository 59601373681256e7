// Owns what a trap's coming and going does: its hello, its will, its goodbye. The hello's transaction also holds what other rooms make of
// a proven boot; they are handed in. A hello that was overtaken on its way changes nothing and is followed by nothing.
import type { DownMessage, Hello, UpMessage } from "#protocol";
import type { TraplineDatabase } from "../db/connection.ts";
import type { DeviceSessionEndReason } from "../db/schema.ts";
import type { Transaction } from "../db/tenant-transaction.ts";
import { DeviceGoneError } from "../device-gone.ts";
import type { DeviceScope, Ingest } from "../mqtt/device-door.ts";
import { decideHello, type SessionName } from "./presence.ts";
import { applyHello } from "./queries/apply-hello.ts";
import { endSession } from "./queries/end-session.ts";
import { findCurrentLocked } from "./queries/find-current-locked.ts";
import { insertOvertaken } from "./queries/insert-overtaken.ts";

export interface PresenceIngestDeps {
  db: TraplineDatabase;
  /** Tell the tenant how the trap is now. */
  notifyDevice(trx: Transaction, device: DeviceScope): Promise<void>;
  /** What follows from the hello of the current session, in its transaction; returns what to tell the trap. */
  applyBoot(trx: Transaction, device: DeviceScope, hello: Hello, at: Date): Promise<DownMessage[]>;
  /** What else the trap is to be told once its hello is kept, in a transaction of its own. */
  greet: Ingest<Extract<UpMessage, { name: "hello" }>>;
}

export interface PresenceIngest {
  hello: Ingest<Extract<UpMessage, { name: "hello" }>>;
  will: Ingest<Extract<UpMessage, { name: "will" }>>;
  /** The connection of this session is over. */
  end(device: DeviceScope, session: SessionName, reason: DeviceSessionEndReason, at: Date): Promise<void>;
}

export function createPresenceIngest(deps: PresenceIngestDeps): PresenceIngest {
  const { db } = deps;

  function keepHello(device: DeviceScope, hello: Hello, at: Date): Promise<DownMessage[] | null> {
    return db.ingest(device, async (trx) => {
      const current = await findCurrentLocked(trx, device);
      if (current === undefined) throw new DeviceGoneError(device.deviceId);
      if (decideHello(current, hello, at) === "overtaken") {
        await insertOvertaken(trx, device, hello, at);
        return null;
      }
      await applyHello(trx, device, hello, at);
      await deps.notifyDevice(trx, device);
      return deps.applyBoot(trx, device, hello, at);
    });
  }

  async function end(
    device: DeviceScope,
    session: SessionName,
    reason: DeviceSessionEndReason,
    at: Date,
  ): Promise<void> {
    const { tenantId, deviceId } = device;
    await db.ingest(device, async (trx) => {
      const isOffline = await endSession(trx, { tenantId, deviceId, ...session }, reason, at);
      if (isOffline) await deps.notifyDevice(trx, device);
    });
  }

  return {
    async hello(device, message, receivedAt) {
      const answers = await keepHello(device, message.value, receivedAt);
      if (answers === null) return [];
      const { boot, session } = message.value;
      const welcome: DownMessage = { name: "welcome", value: { boot, session } };
      return [welcome, ...(await deps.greet(device, message, receivedAt)), ...answers];
    },
    async will(device, message, receivedAt) {
      const { boot, session } = message.value;
      await end(device, { boot, session }, "will", receivedAt);
      return [];
    },
    end,
  };
}
