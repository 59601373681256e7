// Owns the sockets of the broker: listening, the guard in front of each, and what follows from a connection's end: the session it carried
// is told to be over, unless the same device has connected anew, was let go, or the broker itself stops.
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { Aedes, Client } from "aedes";
import type { Logger } from "pino";
import type { Will } from "#protocol";
import { PACKET_BYTES_MAX } from "#protocol";
import type { Clock } from "../clock.ts";
import type { Connection, ConnectionState, Connections } from "./connections.ts";
import type { DeviceScope } from "./device-door.ts";
import { GuardedSocket } from "./guarded-socket.ts";
import type { IngestTurns } from "./ingest-turns.ts";
import { PACKET_DISCONNECT } from "./packet-guard.ts";
import type { Refusals } from "./refusals.ts";

export type SessionEnd = "will" | "disconnected";

export interface SocketDeps {
  aedes: Aedes;
  byClient: WeakMap<Client, Connection>;
  connections: Connections;
  refusals: Refusals;
  turns: IngestTurns;
  onHeard(device: DeviceScope, session: Will, at: Date): void;
  onSessionEnded(device: DeviceScope, session: Will, reason: SessionEnd, at: Date): Promise<void>;
  clock: Clock;
  log: Logger;
  limits: { connectionsMax: number; backlog: number };
}

export interface Sockets {
  start(at: { host: string; port: number }): Promise<{ host: string; port: number }>;
  /** Take no more connections; resolves when the last one is closed. */
  stopListening(): Promise<void>;
  closeAll(): void;
}

const TCP_KEEP_ALIVE_MS = 60_000;

export function createSockets(deps: SocketDeps): Sockets {
  const { aedes, connections, limits } = deps;
  const registered = listenToRegistrations(aedes);
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: TCP_KEEP_ALIVE_MS });
  server.maxConnections = limits.connectionsMax;
  server.on("drop", () => deps.refusals.count("too-many-connections", {}));
  server.on("connection", (socket) => {
    const connection = openConnection(socket, deps, registered);
    deps.byClient.set(connection.client, connection);
    connections.add(connection);
    void connection.gone.then(() => endConnection(connection, deps));
  });
  return {
    start: (at) =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen({ ...at, backlog: limits.backlog }, () => {
          server.off("error", reject);
          const bound = server.address() as AddressInfo;
          resolve({ host: bound.address, port: bound.port });
        });
      }),
    stopListening: () => new Promise((resolve) => server.close(() => resolve())),
    closeAll() {
      for (const connection of connections.list()) {
        if (connection.state === "open") connection.state = "stopped";
        connection.close();
      }
    },
  };
}

interface Registrations {
  has(client: Client): boolean;
  onRemoved(client: Client, fn: () => void): void;
}

/** aedes lets go of a client a little after its socket has closed; only then may the next one with its id come. */
function listenToRegistrations(aedes: Aedes): Registrations {
  const known = new WeakSet<Client>();
  const waiting = new WeakMap<Client, () => void>();
  aedes.on("client", (client) => known.add(client));
  aedes.on("clientDisconnect", (client) => {
    known.delete(client);
    waiting.get(client)?.();
  });
  return { has: (client) => known.has(client), onRemoved: (client, fn) => void waiting.set(client, fn) };
}

function openConnection(socket: Socket, deps: SocketDeps, registered: Registrations): Connection {
  const guarded = new GuardedSocket(socket, {
    packetBytesMax: PACKET_BYTES_MAX,
    onPacket(type) {
      if (type === PACKET_DISCONNECT && connection.state === "open") connection.state = "left";
      const { device, session } = connection;
      if (device !== null && session !== null) deps.onHeard(device, session, deps.clock.now());
    },
    onRefusal(refusal) {
      if (connection.state === "open") connection.state = "broken";
      const { deviceId } = connection.device ?? {};
      deps.refusals.count(refusal, { address: connection.address, deviceId });
    },
  });
  const client = deps.aedes.handle(guarded);
  const gone = new Promise<void>((resolve) => {
    guarded.once("close", () => {
      if (registered.has(client)) registered.onRemoved(client, resolve);
      else resolve();
    });
  });
  const connection: Connection = {
    address: socket.remoteAddress ?? "",
    client,
    state: "open",
    connect: null,
    device: null,
    seal: null,
    session: null,
    ...createGreeting(),
    filters: new Set(),
    tail: Promise.resolve(),
    gone,
    close: () => void guarded.destroy(),
  };
  return connection;
}

function createGreeting(): Pick<Connection, "greeted" | "greet"> {
  const greeting: { greet?: () => void } = {};
  const greeted = new Promise<void>((resolve) => {
    greeting.greet = resolve;
  });
  return { greeted, greet: () => greeting.greet?.() };
}

/** States in which the end of the connection is the end of the session. */
const REASONS: Partial<Record<ConnectionState, SessionEnd>> = { open: "will", broken: "will", left: "disconnected" };

async function endConnection(connection: Connection, deps: SocketDeps): Promise<void> {
  deps.connections.remove(connection);
  const { device, state } = connection;
  const reason = REASONS[state];
  if (device === null || reason === undefined) return;
  // Its hello may still be on the way to its commit.
  await connection.tail;
  // A proven hello whose commit nobody saw may have been kept.
  const session = connection.seal?.getSession() ?? null;
  if (session === null) return;
  const at = deps.clock.now();
  try {
    await deps.turns.run(() => deps.onSessionEnded(device, session, reason, at));
  } catch (error) {
    deps.log.warn({ err: error, deviceId: device.deviceId }, "end of a session not kept, silence will tell");
  }
}
