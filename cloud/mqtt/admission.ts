// Owns who may connect: reads the CONNECT before aedes acts on it (a clean session always, our own keep alive, the will taken out, since
// we end sessions ourselves), then has the credentials looked up, and admits whoever has them, for as long as it takes a trap to prove
// itself [SEAL-2].
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
import { createSeal, NONCE_BYTES } from "./sealing.ts";

export interface AdmissionDeps {
  connections: Connections;
  authenticate: AuthenticateDevice;
  refusals: Refusals;
  clock: Clock;
  log: Logger;
  /** How long the look-up of credentials may take. */
  lookUpMs: number;
  /** How long a connection may take from there to its proven hello. */
  proveMs: number;
  randomBytes(count: number): Uint8Array;
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
  let count = 0;

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
    const { tenantId, deviceId, credentialId, key } = device;
    const nonce = Buffer.from(deps.randomBytes(NONCE_BYTES)).toString("hex");
    const seal = key === null ? null : createSeal({ key, deviceId, nonce });
    if (!deps.connections.admit(connection, { tenantId, deviceId, credentialId }, seal)) return WRONG_CREDENTIALS;
    endUnlessProven(connection, deviceId, deps);
    return null;
  }

  return {
    read(connection, packet) {
      const decided = decideConnect(packet);
      connection.connect = decided;
      packet.clean = true;
      packet.will = undefined;
      if (!decided.ok) return;
      packet.keepalive = decided.keepAliveS;
      // aedes would end one client for the next of the same id; which of them is the device's is decided by their proof.
      count += 1;
      packet.clientId = `${decided.clientId} ${count}`;
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

function endUnlessProven(connection: Connection, deviceId: string, deps: AdmissionDeps): void {
  const timer = deps.clock.setTimer(deps.proveMs, () => {
    if (connection.state !== "open" || connection.seal?.getSession()) return;
    connection.state = "broken";
    deps.refusals.count("unproven", { address: connection.address, deviceId });
    connection.close();
  });
  void connection.gone.then(() => timer.stop());
}
