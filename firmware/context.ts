// Owns what the rooms of the firmware share on a running trap: the ports, the state of every machine, the queue of inputs, and the few
// acts all of them need. Each room's *-effects.ts does what its machine asks; device.ts sets it all up and turns the queue.
import {
  type Bytes,
  type Configuration,
  type FieldValue,
  formatConsoleLine,
  joinSealed,
  messageSealText,
  type TrapKind,
  type UpName,
  upTopic,
} from "#protocol";
import type { ButtonInput, ButtonMachine } from "./button/button.ts";
import type { ClaimInput, ClaimMachine } from "./claim/claim.ts";
import { prove, type Seal } from "./claim/proofs.ts";
import type { Health } from "./health/health.ts";
import type { Alarm, AlarmCause } from "./indicator/alarm.ts";
import type { Player } from "./indicator/player.ts";
import type { Portal, PortalInput } from "./portal/portal.ts";
import type { HttpAnswer, PortalDoor, Ports, Socket } from "./ports.ts";
import type { LinkInput, LinkMachine } from "./session/link.ts";
import { encodePublish } from "./session/mqtt-packets.ts";
import type { Outbox } from "./session/outbox.ts";
import type { SessionInput, SessionMachine } from "./session/session.ts";
import type { RecordStore } from "./store/record-store.ts";
import type { StoredCredentials, WifiSettings } from "./store/settings.ts";
import type { TrapInput, TrapMachine } from "./trap/trap.ts";
import type { UpdateInput, UpdateMachine } from "./update/update.ts";

const REQUEST_TIMEOUT_MS = 10000;

/** A past fact, and whom it concerns. */
export type Input =
  | { to: "trap"; fact: TrapInput }
  | { to: "button"; fact: ButtonInput }
  | { to: "link"; fact: LinkInput }
  | { to: "session"; fact: SessionInput }
  | { to: "claim"; fact: ClaimInput }
  | { to: "update"; fact: UpdateInput }
  | { to: "portal"; fact: PortalInput }
  | { to: "alarm"; asked: AlarmCause["asked"] }
  | { to: "console"; line: string }
  | { to: "chores" }
  | { to: "telemetry" }
  | { to: "intention" };

/** What is done a moment later, so that what was said before gets out. */
export type Intention = "" | "reboot" | "let-go";

export interface Context {
  ports: Ports;
  store: RecordStore;
  outbox: Outbox;
  player: Player;
  /** What the alarm goes by; a trap that does not know itself counts as the most urgent kind. */
  kind: TrapKind;
  boot: string;
  /** Of the running bundle. */
  sha256: string;

  trap: TrapMachine;
  alarm: Alarm;
  button: ButtonMachine;
  link: LinkMachine;
  session: SessionMachine;
  claim: ClaimMachine;
  update: UpdateMachine;
  portal: Portal;

  config: Configuration;
  credentials: StoredCredentials | null;
  wifi: WifiSettings | null;

  /** Of the portal, while it is open. */
  door: PortalDoor | null;

  socket: Socket | null;
  /** Counts the sockets, so that what a closed one still says is not heard. */
  connection: number;
  /** Of the session that is being proven or online; null before and between. */
  seal: Seal | null;
  /** The beginning of a packet that has not arrived whole. */
  buffer: Bytes;
  packetId: number;
  /** The last commands, with what was answered. */
  commands: { id: number; code: number }[];

  batteryMv: number;
  /** As telemetry told it last. */
  batteryToldMv: number;
  /** Index of one of power/profile.ts's. */
  profile: number;
  telemetryAt: number;
  choresAt: number;
  identifyUntil: number;
  refusedUntil: number;
  intention: Intention;
  intentionAt: number;

  health: Health;
  /** Why this boot: one of the RESET_ codes. */
  reason: number;
  /** New starts of its own in a row, until the cloud has been reached. */
  strikes: number;

  /** Inputs refused, and faults, since the boot. */
  refusals: number;
  faults: number;

  queue: Input[];
  isDraining: boolean;
  isStopped: boolean;
  /** The one timer of the device: handle, when it is set for, and how soon it may be. */
  timer: number;
  timerAt: number;
  pauseMs: number;
  /** Work off the queue. To be called from outside alone: effects queue and return. */
  drain: () => void;
}

/** Queue a past fact; for effects, which run inside the loop that works the queue off. */
export function post(c: Context, input: Input): void {
  c.queue.push(input);
}

/** Ahead of all that waits: for what the inputs behind rely on. */
export function postNext(c: Context, input: Input): void {
  c.queue.unshift(input);
}

/** A past fact from outside: queue it and work. */
export function enter(c: Context, input: Input): void {
  c.queue.push(input);
  c.drain();
}

/** A line on the console. @param pairs names of fields and their values in turn: names that matter outside are texts. */
export function say(c: Context, name: string, pairs: FieldValue[]): void {
  const fields: { [key: string]: FieldValue } = {};
  for (let i = 1; i < pairs.length; i += 2) fields["" + pairs[i - 1]] = pairs[i] as FieldValue;
  const line = formatConsoleLine(c.ports.clock.now(), name, fields);
  c.ports.console.print(line);
}

/** Something is wrong with the trap itself; `about` says what in a word or two. */
export function fault(c: Context, code: number, about: string): void {
  c.faults++;
  say(c, "fault", ["code", code, "about", about]);
}

/** Input from outside that is not to be followed [INPUT-1]. */
export function refuse(c: Context, code: number, about: string): void {
  c.refusals++;
  say(c, "refused", ["code", code, "about", about]);
}

/** 0 to 65535, evenly distributed. */
export function drawChance(c: Context): number {
  return c.ports.chip.random() & 65535;
}

/** Send bytes on the open connection. One that breaks under it is reported as closed. */
export function send(c: Context, bytes: Bytes): void {
  try {
    if (c.socket) c.socket.write(bytes);
  } catch (_broken) {
    post(c, { to: "session", fact: { name: "socket-closed", error: "not writable" } });
  }
}

/** Publish a record to the cloud, sealed [SEAL-1]; what is said before the welcome, but for the hello, is not said at all. */
export function publish(c: Context, name: UpName, record: Bytes): void {
  const seal = c.seal;
  if (!seal || !c.credentials || (c.session.name !== "online" && name !== "hello")) return;
  seal.said++;
  const proof = prove(seal, messageSealText("up", name, seal.said, record));
  const topic = upTopic(c.credentials.tenant, c.credentials.device, name);
  c.packetId = c.packetId >= 65535 ? 1 : c.packetId + 1;
  const bytes = encodePublish(topic, joinSealed(record, seal.said, proof), c.packetId);
  send(c, bytes);
}

/**
 * Ask the cloud over HTTP; the answer comes as a past fact for the room, under the number of the request. Without a network it comes at
 * once, and says that there was none. Made here and not where it is asked, since what waits for an answer keeps its surroundings.
 * @param bytesMax longest body of the answer
 */
export function request(
  c: Context,
  to: "claim" | "update",
  number: number,
  question: { method: "GET" | "POST"; path: string; body: Bytes; bytesMax: number },
): void {
  const identity = c.ports.identity;
  if (!identity || c.link.name !== "joined") {
    post(c, { to: to, fact: { name: "answer-came", request: number, status: 0, body: "" } });
    return;
  }
  const asked = Object.assign({ host: identity.host, port: identity.port, timeoutMs: REQUEST_TIMEOUT_MS }, question);
  c.ports.network.request(asked, function (answer: HttpAnswer): void {
    enter(c, { to: to, fact: { name: "answer-came", request: number, status: answer.status, body: answer.body } });
  });
}

/** Do this in a while, once. */
export function intend(c: Context, intention: Intention, inMs: number): void {
  c.intention = intention;
  c.intentionAt = c.ports.clock.now() + inMs;
}
