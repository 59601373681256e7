// Owns what a CONNECT must be, beyond right credentials: MQTT 3.1.1, a client id that is the user name, a keep alive within the contract's,
// and a will that is the device's own and proven by its key. Traps of the mousetrap days have names of other forms, and a firmware that knows nothing of our wills
// and keep alives. Pure; asking whose the credentials are is broker.ts's.
import { decodeWill, isUuid, KEEP_ALIVE_S, parseTopic, splitSealed } from "#protocol";
import type { KnownDevice } from "./device-door.ts";
import type { RefusalReason } from "./refusals.ts";
import { isWillProven } from "./sealing.ts";

export const KEEP_ALIVE_S_MIN = 5;

/** What of a CONNECT packet counts. */
export interface ConnectFacts {
  protocolVersion?: number;
  clientId: string;
  username?: string;
  password?: Uint8Array;
  /** Seconds. */
  keepalive?: number;
  will?: { topic: string; payload: Uint8Array | string; qos?: number; retain?: boolean };
}

/** The broker's answer in CONNACK: 2 identifier rejected, 3 not available now, 4 wrong credentials, 5 not authorized. */
export type ReturnCode = 2 | 3 | 4 | 5;

export interface ConnectRefusal {
  ok: false;
  reason: RefusalReason;
  returnCode: ReturnCode;
}

export interface ConnectWish {
  ok: true;
  username: string;
  clientId: string;
  password: string;
  /** Seconds: what the connection is held to. */
  keepAliveS: number;
  /** Null for a client that left none. */
  will: { tenant: string; device: string; payload: string } | null;
}

function refuse(reason: RefusalReason, returnCode: ReturnCode): ConnectRefusal {
  return { ok: false, reason, returnCode };
}

/** Judge a CONNECT by itself, before the credentials are looked up. */
export function decideConnect(packet: ConnectFacts): ConnectWish | ConnectRefusal {
  if (packet.protocolVersion !== 4) return refuse("protocol-version", 5);
  const { username, clientId, password } = packet;
  if (!username || password === undefined) return refuse("credentials", 4);
  const isOld = !isUuid(username);
  const keepAliveS = packet.keepalive ?? 0;
  // The cloud calls a trap offline after one and a half of the contract's keep alive: one that pings less often would flicker.
  if (keepAliveS === 0 || (keepAliveS > KEEP_ALIVE_S && !isOld)) return refuse("keep-alive", 2);
  const will = isOld ? null : readWill(packet.will);
  if (will !== null && "ok" in will) return will;
  return {
    ok: true,
    username,
    clientId,
    password: Buffer.from(password).toString("latin1"),
    keepAliveS: Math.max(keepAliveS, KEEP_ALIVE_S_MIN),
    will,
  };
}

function readWill(will: ConnectFacts["will"]): ConnectWish["will"] | ConnectRefusal {
  if (will === undefined) return null;
  if (will.retain) return refuse("retained", 5);
  if (will.qos === 2) return refuse("qos-2", 5);
  const topic = parseTopic(will.topic);
  if (topic === null || topic.name !== "will") return refuse("foreign-will", 5);
  const payload = Buffer.from(will.payload).toString("latin1");
  const sealed = splitSealed(payload);
  if (!sealed.ok || !decodeWill(sealed.record).ok) return refuse("malformed-will", 5);
  return { tenant: topic.tenant, device: topic.device, payload };
}

/** A client id is told at CONNECT by nobody but its owner, or it would end the owner's connection. */
export function decideOwnClientId(wish: ConnectWish, device: KnownDevice): ConnectRefusal | null {
  const isOwn = wish.clientId === device.credentialId || wish.clientId === device.clientId;
  return isOwn ? null : refuse("client-id", 2);
}

/** Judge it again once the credentials have said which device it is. A device without a key can prove nothing, and is not heard anyway. */
export function decideOwnWill(wish: ConnectWish, device: KnownDevice): ConnectRefusal | null {
  if (wish.will === null) return null;
  const isOwn = wish.will.tenant === device.tenantId && wish.will.device === device.deviceId;
  if (!isOwn) return refuse("foreign-will", 5);
  const isProven = device.key === null || isWillProven(device.key, device.deviceId, wish.will.payload);
  return isProven ? null : refuse("unproven", 5);
}
