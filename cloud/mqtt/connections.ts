// Owns who is connected: one connection per credential at most that has proven itself, and a few that have not yet. Only a proven one
// takes the place of the one before, so that whoever has overheard a password ends nobody's connection with it [SEAL-2]. Being let go or
// taken over is a fact about a connection from the instant it is decided, whatever its socket still does.
import type { Client } from "aedes";
import type { Will } from "#protocol";
import type { ConnectRefusal, ConnectWish } from "./connect-rules.ts";
import type { DeviceScope } from "./device-door.ts";
import type { Seal } from "./sealing.ts";

/** Of one credential there are at most so many that have not proven themselves: the newest ones. */
export const UNPROVEN_MAX = 4;

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
  /** Null until then, and for a device without a key. */
  seal: Seal | null;
  /** Which session it is, as its hello said; null before that has committed. */
  session: Will | null;
  /** Resolves when its hello has been answered: from then on others may speak to it. */
  readonly greeted: Promise<void>;
  greet(): void;
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
  /** Its credentials are good: from now on it may prove itself. False if it was let go in the meantime. */
  admit(connection: Connection, device: DeviceScope, seal: Seal | null): boolean;
  /**
   * It has proven itself: from now on it is the device's connection, and the one before is superseded. But where the trap itself counts
   * the other as the later one, its hello was late, and the trap has left it.
   */
  prove(connection: Connection): void;
  /** The one that has proven itself. */
  find(credentialId: string): Connection | null;
  /** End every connection of this credential, also one whose credentials are just being looked up. */
  revoke(credentialId: string): void;
  remove(connection: Connection): void;
  list(): Connection[];
}

function isLater(one: Connection, other: Connection): boolean {
  const [a, b] = [one.seal?.getSession(), other.seal?.getSession()];
  return a != null && b != null && a.boot === b.boot && a.session > b.session;
}

export function createConnections(): Connections {
  const all = new Set<Connection>();
  const pending = new Map<Connection, string>();
  const unproven = new Map<string, Connection[]>();
  const proven = new Map<string, Connection>();

  function end(connection: Connection, state: ConnectionState): void {
    if (connection.state === "open") connection.state = state;
    connection.close();
  }

  function removeUnproven(connection: Connection, credentialId: string): void {
    const others = (unproven.get(credentialId) ?? []).filter((one) => one !== connection);
    if (others.length === 0) unproven.delete(credentialId);
    else unproven.set(credentialId, others);
  }

  return {
    add: (connection) => void all.add(connection),
    begin: (connection, credentialId) => void pending.set(connection, credentialId),
    admit(connection, device, seal) {
      if (connection.state !== "open") return false;
      pending.delete(connection);
      connection.device = device;
      connection.seal = seal;
      const together = [...(unproven.get(device.credentialId) ?? []), connection];
      unproven.set(device.credentialId, together.slice(-UNPROVEN_MAX));
      for (const one of together.slice(0, -UNPROVEN_MAX)) end(one, "superseded");
      return true;
    },
    prove(connection) {
      const { device } = connection;
      if (device === null || connection.state !== "open") return;
      removeUnproven(connection, device.credentialId);
      const before = proven.get(device.credentialId);
      if (before === connection) return;
      if (before !== undefined && isLater(before, connection)) return end(connection, "superseded");
      proven.set(device.credentialId, connection);
      if (before !== undefined) end(before, "superseded");
    },
    find: (credentialId) => proven.get(credentialId) ?? null,
    revoke(credentialId) {
      for (const [connection, asked] of pending) if (asked === credentialId) end(connection, "revoked");
      for (const connection of unproven.get(credentialId) ?? []) end(connection, "revoked");
      const connection = proven.get(credentialId);
      if (connection !== undefined) end(connection, "revoked");
    },
    remove(connection) {
      all.delete(connection);
      pending.delete(connection);
      const { device } = connection;
      if (device === null) return;
      removeUnproven(connection, device.credentialId);
      if (proven.get(device.credentialId) === connection) proven.delete(device.credentialId);
    },
    list: () => [...all],
  };
}
