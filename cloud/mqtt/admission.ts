// Owns who may connect: reads the CONNECT before aedes acts on it (a clean session always, our own keep alive, the will taken out, since
// we end sessions ourselves), then has the credentials looked up, and admits one connection per device.
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import {
  type ConnectFacts,
  type ConnectRefusal,
  decideConnect,
  decideOwnClientId,
  decideOwnWill,
} from "./connect-rules.ts";
import type { Connection, Connections } from "./connections.ts";
import type { AuthenticateDevice } from "./device-door.ts";
import type { Refusals } from "./refusals.ts";

export interface AdmissionDeps {
  connections: Connections;
  authenticate: AuthenticateDevice;
  refusals: Refusals;
  clock: Clock;
  log: Logger;
  /** How long the look-up of credentials may take. */
  lookUpMs: number;
}

/** What aedes goes on with; we change it. */
interface ConnectPacket extends ConnectFacts {
  clean?: boolean;
}

export interface Admission {
  /** Judge the packet and make of it what every connection is. */
  read(connection: Connection, packet: ConnectPacket): void;
  /** Null admits. Never rejects: a database that does not answer is a refusal of its own kind. */
  decide(connection: Connection): Promise<ConnectRefusal | null>;
}

const NOT_AVAILABLE: ConnectRefusal = { ok: false, reason: "not-available", returnCode: 3 };
const WRONG_CREDENTIALS: ConnectRefusal = { ok: false, reason: "credentials", returnCode: 4 };

export function createAdmission(deps: AdmissionDeps): Admission {
  async function withinTime<T>(work: Promise<T>): Promise<T | null> {
    let timer: { stop(): void } | undefined;
    const limit = new Promise<null>((resolve) => {
      timer = deps.clock.setTimer(deps.lookUpMs, () => resolve(null));
    });
    try {
      return await Promise.race([work, limit]);
    } finally {
      timer?.stop();
    }
  }

  async function judge(connection: Connection): Promise<ConnectRefusal | null> {
    const wish = connection.connect;
    if (wish === null) return NOT_AVAILABLE;
    if (!wish.ok) return wish;
    deps.connections.begin(connection, wish.username);
    const device = await deps.authenticate(wish.username, wish.password);
    if (device === null) return WRONG_CREDENTIALS;
    const foreign = decideOwnClientId(wish, device) ?? decideOwnWill(wish, device);
    if (foreign !== null) return foreign;
    return (await deps.connections.admit(connection, device)) ? null : WRONG_CREDENTIALS;
  }

  return {
    read(connection, packet) {
      const decided = decideConnect(packet);
      connection.connect = decided;
      packet.clean = true;
      packet.will = undefined;
      if (decided.ok) packet.keepalive = decided.keepAliveS;
    },
    async decide(connection) {
      let refusal: ConnectRefusal | null;
      try {
        // The wrapping tells "no refusal" from "no answer".
        const answer = await withinTime(judge(connection).then((given) => ({ given })));
        refusal = answer === null ? NOT_AVAILABLE : answer.given;
      } catch (error) {
        deps.log.warn({ err: error }, "credentials not looked up");
        refusal = NOT_AVAILABLE;
      }
      if (refusal === null) return null;
      if (connection.state === "open") connection.state = "broken";
      deps.refusals.count(refusal.reason, { address: connection.address });
      return refusal;
    },
  };
}
