// A trap's end of an MQTT connection, packet by packet: what MQTT.js would smooth over (a missing PUBACK, a refused SUBSCRIBE, a closed
// socket) is plain to see here. It speaks #protocol and proves itself as a trap does; who it says it is, is the test's business.
import * as net from "node:net";
import {
  generate,
  type IConnackPacket,
  type IConnectPacket,
  type IPublishPacket,
  type Packet,
  parser,
} from "mqtt-packet";
import {
  type Ack,
  type Command,
  type Configuration,
  type DeviceEvent,
  type DownMessage,
  decodeDown,
  decodeSessionStart,
  downTopic,
  downTopics,
  encodeEvent,
  encodeHello,
  type Hello,
  parseTopic,
  type UpdateOffer,
  type UpName,
  upTopic,
  type Welcome,
} from "#protocol";
import { eventually } from "./eventually.ts";
import { createSealEnd, type SealEnd, sealWill } from "./seals.ts";

export interface RawMqtt {
  send(packet: Packet): void;
  sendBytes(bytes: Uint8Array): void;
  /** Packets that have arrived and were not taken yet. */
  inbox: Packet[];
  /** Take the first packet of this kind; throws when none comes within two seconds. */
  take<C extends Packet["cmd"]>(cmd: C): Promise<Extract<Packet, { cmd: C }>>;
  isClosed(): boolean;
  /** Resolves when the other end has closed. */
  closed: Promise<void>;
  /** Cut, without goodbye. */
  cut(): void;
  /** Read nothing any more. */
  freeze(): void;
}

const ANSWER_MS = 2_000;

export async function openMqtt(port: number): Promise<RawMqtt> {
  const socket = net.connect({ port, host: "127.0.0.1" });
  const inbox: Packet[] = [];
  const parse = parser();
  parse.on("packet", (packet) => inbox.push(packet));
  parse.on("error", (error) => socket.destroy(error));
  socket.on("data", (chunk) => parse.parse(chunk));
  socket.on("error", () => socket.destroy()); // a reset is a way to be closed
  let isClosed = false;
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => {
      isClosed = true;
      resolve();
    });
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  return {
    send: (packet) => void socket.write(generate(packet)),
    sendBytes: (bytes) => void socket.write(bytes),
    inbox,
    take: (cmd) => takePacket(inbox, cmd, () => isClosed),
    isClosed: () => isClosed,
    closed,
    cut: () => void socket.destroy(),
    freeze: () => void socket.pause(),
  };
}

async function takePacket<C extends Packet["cmd"]>(
  inbox: Packet[],
  cmd: C,
  isClosed: () => boolean,
): Promise<Extract<Packet, { cmd: C }>> {
  const isWanted = (packet: Packet): packet is Extract<Packet, { cmd: C }> => packet.cmd === cmd;
  return takeFirst(inbox, isWanted, isClosed, `a ${cmd} arrives`);
}

/** Fails at once when the connection is closed: what has not arrived by then never will. */
async function takeFirst<P extends Packet>(
  inbox: Packet[],
  isWanted: (packet: Packet) => packet is P,
  isClosed: () => boolean,
  because: string,
): Promise<P> {
  const { found } = await eventually(
    () => {
      const first = inbox.find(isWanted);
      return first !== undefined || isClosed() ? { found: first } : null;
    },
    { withinMs: ANSWER_MS, because },
  );
  if (found === undefined) throw new Error(`the connection was closed before: ${because}`);
  inbox.splice(inbox.indexOf(found), 1);
  return found;
}

export interface DeviceCredentials {
  tenantId: string;
  deviceId: string;
  credentialId: string;
  password: string;
  /** What the trap proves itself with, hexadecimal; a trap of the mousetrap days has none. */
  key?: string;
}

/** Of a trap whose key nobody knows. */
const NO_KEY = "00".repeat(32);

export const BOOT = "0000000100000001";

export function connectPacket(who: DeviceCredentials, change: Partial<IConnectPacket> = {}): IConnectPacket {
  return {
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clean: true,
    clientId: who.credentialId,
    username: who.credentialId,
    password: Buffer.from(who.password),
    keepalive: 30,
    ...change,
  };
}

/** The will a trap leaves. */
export function willOf(who: DeviceCredentials, boot: string, session: number): NonNullable<IConnectPacket["will"]> {
  const topic = upTopic(who.tenantId, who.deviceId, "will");
  const payload = sealWill({ key: who.key ?? NO_KEY, deviceId: who.deviceId }, { boot, session });
  return { topic, payload: Buffer.from(payload), qos: 1, retain: false };
}

interface Told {
  welcome: Welcome;
  ack: Ack;
  command: Command;
  config: Configuration;
  offer: UpdateOffer;
}

export interface MqttDevice extends RawMqtt {
  connack: IConnackPacket;
  /** Null until the cloud has begun the session. */
  seal: SealEnd | null;
  /** Publish a record on an own topic, sealed, QoS 1; returns the message id. Does not wait. */
  publish(name: UpName, record: string): number;
  /** The same with a payload as it is. */
  publishBytes(name: UpName, payload: string | Buffer): number;
  /** Publish and wait for the PUBACK. */
  say(name: UpName, record: string): Promise<void>;
  subscribe(): Promise<number[]>;
  /** Also takes the welcome, if it has subscribed to it and there is one. */
  hello(change?: Partial<Hello>): Promise<void>;
  event(change: Partial<DeviceEvent> & { seq: number }): Promise<void>;
  /** Take the next message of this name from the cloud, and PUBACK it. */
  told<N extends keyof Told>(name: N): Promise<Told[N]>;
  boot: string;
  session: number;
}

export interface DeviceOptions {
  boot?: string;
  session?: number;
  /** False: connect without the will. */
  will?: boolean;
  /** False: the session is not begun, so that nothing can be sealed. */
  begun?: boolean;
  change?: Partial<IConnectPacket>;
}

/** Connect as a claimed trap would: with its will, up to the CONNACK and, where that accepts, the beginning of the session. */
export async function connectDevice(
  port: number,
  who: DeviceCredentials,
  options: DeviceOptions = {},
): Promise<MqttDevice> {
  const boot = options.boot ?? BOOT;
  const session = options.session ?? 1;
  const raw = await openMqtt(port);
  const will = options.will === false ? {} : { will: willOf(who, boot, session) };
  raw.send(connectPacket(who, { ...will, ...options.change }));
  const connack = await raw.take("connack");
  let messageId = 0;
  async function subscribe(topics: string[]): Promise<number[]> {
    raw.send({
      cmd: "subscribe",
      messageId: 9_999,
      subscriptions: topics.map((topic) => ({ topic, qos: 1 as const })),
    });
    return (await raw.take("suback")).granted.map(Number);
  }
  function publishBytes(name: UpName, payload: string | Buffer): number {
    messageId += 1;
    const topic = upTopic(who.tenantId, who.deviceId, name);
    const bytes = typeof payload === "string" ? Buffer.from(payload, "latin1") : payload;
    raw.send({ cmd: "publish", topic, payload: bytes, qos: 1, messageId, dup: false, retain: false });
    return messageId;
  }
  function publish(name: UpName, record: string): number {
    if (device.seal === null) throw new Error("the session was not begun");
    return publishBytes(name, device.seal.close(name, record));
  }
  async function say(name: UpName, record: string): Promise<void> {
    const id = publish(name, record);
    const puback = await raw.take("puback");
    if (puback.messageId !== id) throw new Error(`PUBACK of ${puback.messageId}, expected ${id}`);
  }
  const device: MqttDevice = Object.assign(raw, {
    connack,
    seal: null,
    boot,
    session,
    publish,
    publishBytes,
    say,
    subscribe: () =>
      subscribe(downTopics(who.tenantId, who.deviceId).filter((topic) => parseTopic(topic)?.name !== "session")),
    async hello(change: Partial<Hello> = {}) {
      await say("hello", encodeHello({ ...helloOf(boot, session), ...change }));
      // The welcome leaves before the PUBACK.
      if (raw.inbox.some(isMessage("welcome"))) await device.told("welcome");
    },
    event: (change: Partial<DeviceEvent> & { seq: number }) =>
      say("event", encodeEvent({ ...eventOf(boot), ...change })),
    async told<N extends keyof Told>(name: N) {
      const payload = await takePayload(raw, name);
      if (device.seal === null) throw new Error(`${name} on a session that was not begun`);
      const message = decodeDown(name, device.seal.open(name, payload));
      if (!message.ok) throw new Error(`a message that cannot be read: ${payload}`);
      return message.value.value as Told[N];
    },
  });
  if (connack.returnCode === 0 && options.begun !== false && who.key !== undefined) {
    await subscribe([downTopic(who.tenantId, who.deviceId, "session")]);
    const start = decodeSessionStart(await takePayload(raw, "session"));
    if (!start.ok) throw new Error("the session begins with what cannot be read");
    device.seal = createSealEnd("trap", { key: who.key, deviceId: who.deviceId }, { boot, session }, start.value.nonce);
  }
  return device;
}

function isMessage(name: DownMessage["name"]): (packet: Packet) => packet is IPublishPacket {
  return (packet): packet is IPublishPacket => packet.cmd === "publish" && parseTopic(packet.topic)?.name === name;
}

async function takePayload(raw: RawMqtt, name: DownMessage["name"]): Promise<string> {
  const found = await takeFirst(raw.inbox, isMessage(name), raw.isClosed, `the cloud says ${name}`);
  if (found.messageId !== undefined) raw.send({ cmd: "puback", messageId: found.messageId });
  if (parseTopic(found.topic)?.direction !== "down") throw new Error(`a message on ${found.topic}`);
  return found.payload.toString("latin1");
}

export const SHA_A = "a".repeat(64);

export function helloOf(boot: string, session: number): Hello {
  return {
    boot,
    session,
    version: "1.0.0",
    sha256: SHA_A,
    hardware: "esp32-devkit",
    reason: 1,
    uptimeMs: 1_000,
    state: "disarmed",
    rev: 0,
    batteryMv: 4_000,
    rssi: -60,
  };
}

export function eventOf(boot: string): DeviceEvent {
  return { boot, seq: 1, age: 0, exact: true, kind: "sprung", value: 0 };
}
