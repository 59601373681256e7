// Owns who is connected: one connection per credential at most, from the moment its credentials are being looked up. Being let go or
// taken over is a fact about a connection from the instant it is decided, whatever its socket still does.
import type { Client } from "aedes";
import type { Will } from "#protocol";
import type { ConnectRefusal, ConnectWish } from "./connect-rules.ts";
import type { DeviceScope } from "./device-door.ts";

/**
 * `open`; `broken`: refused or failed, its socket is on the way out; `left`: the device said goodbye; `superseded`: the same device has
 * connected anew; `revoked`: its credentials are void; `stopped`: the broker is.
 */
export type ConnectionState = "open" | "broken" | "left" | "superseded" | "revoked" | "stopped";

export interface Connection {
  readonly address: string;
  readonly client: Client;
  state: ConnectionState;
  /** What its CONNECT asked for; null before it. */
  connect: ConnectWish | ConnectRefusal | null;
  /** Null until its credentials were found good. */
  device: DeviceScope | null;
  /** Which session it is, as its hello said; null before. */
  session: Will | null;
  /** Its own topics it has subscribed to. */
  readonly filters: Set<string>;
  /** Settles when everything it published so far has been dealt with. */
  tail: Promise<void>;
  /** Resolves when the broker has forgotten it. */
  readonly gone: Promise<void>;
  /** Close its socket; what was written last may still leave. */
  close(): void;
}

export interface Connections {
  add(connection: Connection): void;
  /** The credentials of this connection are being looked up: they may become void meanwhile. */
  begin(connection: Connection, credentialId: string): void;
  /**
   * Its credentials are good: from now on it is the device's connection, and the one before is superseded. Resolves when that one is
   * gone; false if the new one was let go in the meantime.
   */
  admit(connection: Connection, device: DeviceScope): Promise<boolean>;
  find(credentialId: string): Connection | null;
  /** End every connection of this credential, also one whose credentials are just being looked up. */
  revoke(credentialId: string): void;
  remove(connection: Connection): void;
  list(): Connection[];
}

export function createConnections(): Connections {
  const all = new Set<Connection>();
  const pending = new Map<Connection, string>();
  const admitted = new Map<string, Connection>();

  function end(connection: Connection, state: ConnectionState): void {
    if (connection.state === "open") connection.state = state;
    connection.close();
  }

  return {
    add: (connection) => void all.add(connection),
    begin: (connection, credentialId) => void pending.set(connection, credentialId),
    async admit(connection, device) {
      if (connection.state !== "open") return false;
      pending.delete(connection);
      connection.device = device;
      const before = admitted.get(device.credentialId);
      admitted.set(device.credentialId, connection);
      if (before !== undefined) {
        end(before, "superseded");
        await before.gone;
      }
      return connection.state === "open";
    },
    find: (credentialId) => admitted.get(credentialId) ?? null,
    revoke(credentialId) {
      for (const [connection, asked] of pending) if (asked === credentialId) end(connection, "revoked");
      const connection = admitted.get(credentialId);
      if (connection !== undefined) end(connection, "revoked");
    },
    remove(connection) {
      all.delete(connection);
      pending.delete(connection);
      const { device } = connection;
      if (device !== null && admitted.get(device.credentialId) === connection) admitted.delete(device.credentialId);
    },
    list: () => [...all],
  };
}
