// Owns the session machine: when a trap connects to the broker, what it says first, and when a connection counts as dead. Pure;
// session-effects.ts does what it asks.
//
// idle         no credentials, or no network.
// connecting   the connection is being opened.
// greeting     CONNECT was sent.
// subscribing  accepted; the topics were asked for.
// proving      subscribed. The cloud gives its part of the key, the trap says hello under it, the cloud welcomes it under it: by then each
//              has proven itself. Nothing else is said before, and nothing without a seal believed [SEAL-1].
// online       welcomed. A ping goes out every PING_MS; if nothing at all comes back, the connection is dead.
// waiting      a failure; it tries again after a while. Refused credentials are asked about at the cloud, never thrown away here.
import type { Bytes } from "#protocol";
import type { Outcome } from "../machine.ts";
import { BACKOFF_MS_MAX, decideBackoffMs } from "./backoff.ts";
import {
  CONNACK,
  CONNECT_BAD_CREDENTIALS,
  CONNECT_NOT_AUTHORIZED,
  type Packet,
  PUBLISH,
  SUBACK,
} from "./mqtt-packets.ts";

/** Below the keep alive of 30 s, so that it holds with a lost second or two. */
export const PING_MS = 20000;
/** Each answer (open, CONNACK, SUBACK, anything after a ping) must come within this. Opening blocks on the chip, hence its length. */
export const ANSWER_MS = 10000;
export const OPEN_MS = 30000;
/** From the SUBACK to the welcome: the hello has to commit first, for which the cloud takes as long as for an event. */
export const PROVE_MS = 20000;
/** A connection that held so long forgives the failures before it. */
export const STABLE_MS = 30000;

export interface SessionMachine {
  name: "idle" | "connecting" | "greeting" | "subscribing" | "proving" | "online" | "waiting";
  hasCredentials: boolean;
  linkUp: boolean;
  /** Connections of this boot, counted from 1. */
  session: number;
  tries: number;
  onlineAt: number;
  heardAt: number;
  /** When the last ping went out. */
  pingAt: number;
  wakeAt: number;
}

export type SessionInput =
  | { name: "credentials-changed"; present: boolean }
  | { name: "link-changed"; up: boolean }
  | { name: "socket-opened" }
  | { name: "socket-closed"; error: string }
  | { name: "packet-received"; packet: Packet }
  /** With a seal: the cloud is the cloud, and has kept the hello of this session. */
  | { name: "welcomed" }
  /** An event was not acknowledged in time. */
  | { name: "ack-overdue" }
  | { name: "time-passed" };

export type SessionEffect =
  | { name: "open-socket" }
  /** `polite`: say DISCONNECT first, so that no will is published. */
  | { name: "close-socket"; polite: boolean }
  | { name: "send-connect" }
  | { name: "send-subscribe" }
  | { name: "send-ping" }
  | { name: "send-puback"; id: number }
  | { name: "greet-cloud" }
  | { name: "handle-message"; topic: string; payload: Bytes }
  | { name: "ask-about-credentials" }
  | { name: "tell-trouble"; reason: string };

export function createSession(linkUp: boolean): SessionMachine {
  return {
    name: "idle",
    hasCredentials: false,
    linkUp: linkUp,
    session: 0,
    tries: 0,
    onlineAt: 0,
    heardAt: 0,
    pingAt: 0,
    wakeAt: 0,
  };
}

/** @param chance 0 to 65535 */
export function applySession(
  state: SessionMachine,
  input: SessionInput,
  now: number,
  chance: number,
): Outcome<SessionMachine, SessionEffect> {
  const next = Object.assign({}, state);
  const effects: SessionEffect[] = [];
  switch (input.name) {
    case "credentials-changed":
      next.hasCredentials = input.present;
      next.tries = 0;
      restart(next, now, true, effects);
      break;
    case "link-changed":
      if (input.up === next.linkUp) break;
      next.linkUp = input.up;
      restart(next, now, false, effects);
      break;
    case "socket-opened":
      if (next.name !== "connecting") break;
      next.name = "greeting";
      next.wakeAt = now + ANSWER_MS;
      effects.push({ name: "send-connect" });
      break;
    case "socket-closed":
      if (isOpen(next)) fail(next, input.error === "" ? "closed by the broker" : input.error, now, chance, effects);
      break;
    case "packet-received":
      if (isOpen(next)) applyPacket(next, input.packet, now, chance, effects);
      break;
    case "welcomed":
      if (next.name !== "proving") break;
      next.name = "online";
      next.onlineAt = now;
      next.pingAt = now;
      next.wakeAt = now + PING_MS;
      effects.push({ name: "greet-cloud" });
      break;
    case "ack-overdue":
      if (next.name === "online") fail(next, "no acknowledgement", now, chance, effects);
      break;
    default:
      if (next.wakeAt > 0 && now >= next.wakeAt) applyTime(next, now, chance, effects);
  }
  return { state: next, effects: effects };
}

function isOpen(n: SessionMachine): boolean {
  return n.name !== "idle" && n.name !== "waiting";
}

function open(n: SessionMachine, now: number, effects: SessionEffect[]): void {
  n.name = "connecting";
  n.session++;
  n.wakeAt = now + OPEN_MS;
  effects.push({ name: "open-socket" });
}

/** Drop what is open and begin anew if there is reason to. */
function restart(n: SessionMachine, now: number, polite: boolean, effects: SessionEffect[]): void {
  if (isOpen(n)) effects.push({ name: "close-socket", polite: polite && n.name === "online" });
  n.name = "idle";
  n.wakeAt = 0;
  if (n.hasCredentials && n.linkUp) open(n, now, effects);
}

function fail(n: SessionMachine, reason: string, now: number, chance: number, effects: SessionEffect[]): void {
  if (n.name === "online" && now - n.onlineAt >= STABLE_MS) n.tries = 0;
  n.tries++;
  n.name = "waiting";
  n.wakeAt = now + decideBackoffMs(n.tries, BACKOFF_MS_MAX, chance);
  effects.push({ name: "close-socket", polite: false });
  effects.push({ name: "tell-trouble", reason: reason });
}

function applyPacket(n: SessionMachine, packet: Packet, now: number, chance: number, effects: SessionEffect[]): void {
  n.heardAt = now;
  if (packet.type === CONNACK && n.name === "greeting") {
    if (packet.code === 0) {
      n.name = "subscribing";
      n.wakeAt = now + ANSWER_MS;
      effects.push({ name: "send-subscribe" });
      return;
    }
    fail(n, "refused with code " + packet.code, now, chance, effects);
    if (packet.code === CONNECT_BAD_CREDENTIALS || packet.code === CONNECT_NOT_AUTHORIZED) {
      effects.push({ name: "ask-about-credentials" });
    }
  } else if (packet.type === SUBACK && n.name === "subscribing") {
    if (packet.code > 2) {
      fail(n, "subscription refused", now, chance, effects);
      return;
    }
    n.name = "proving";
    n.wakeAt = now + PROVE_MS;
  } else if (packet.type === PUBLISH) {
    effects.push({ name: "handle-message", topic: packet.topic, payload: packet.payload });
    // Acknowledged after it was handled: what a power cut interrupts is delivered again.
    if (packet.code > 0) effects.push({ name: "send-puback", id: packet.id });
  }
}

function applyTime(n: SessionMachine, now: number, chance: number, effects: SessionEffect[]): void {
  if (n.name === "waiting") {
    if (n.hasCredentials && n.linkUp) open(n, now, effects);
    else n.wakeAt = 0;
  } else if (n.name !== "online") {
    fail(n, n.name === "proving" ? "no welcome" : "no answer", now, chance, effects);
  } else if (n.heardAt < n.pingAt) {
    fail(n, "no answer to a ping", now, chance, effects);
  } else if (now >= n.pingAt + PING_MS) {
    n.pingAt = now;
    n.wakeAt = now + ANSWER_MS;
    effects.push({ name: "send-ping" });
  } else n.wakeAt = n.pingAt + PING_MS;
}
