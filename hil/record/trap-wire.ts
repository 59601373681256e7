// Owns the trap's end of an MQTT connection as a replay plays it, packet by packet, so that a missing PUBACK or a closed socket shows. What
// is said and when is puppet-trap.ts's.
import * as net from "node:net";
import { generate, type IConnectPacket, type IPublishPacket, type Packet, parser } from "mqtt-packet";
import type { Clock } from "../clock.ts";
import { createInbox } from "./inbox.ts";

export interface TrapWire {
  /** Of the CONNACK; null: there was none. */
  readonly returnCode: number | null;
  subscribe(topics: string[]): Promise<boolean>;
  /** QoS 1. False when no PUBACK came. */
  publish(topic: string, payload: string): Promise<boolean>;
  /** Whether the other end has closed, or does within the time. */
  ends(withinMs: number): Promise<boolean>;
  /** With a goodbye, or as by a power cut. */
  close(isPolite: boolean): void;
}

export interface WireOptions {
  host: string;
  port: number;
  connect: IConnectPacket;
  clock: Clock;
  /** For each answer. */
  withinMs: number;
  /** Each character of the payload one byte; acknowledged already. */
  onMessage(topic: string, payload: string): void;
}

type Answer = Exclude<Packet, IPublishPacket>;

export async function openTrapWire(options: WireOptions): Promise<TrapWire> {
  const { host, port, clock, withinMs } = options;
  const socket = net.connect({ host, port });
  const answers = createInbox<Answer>(clock);
  const ended = createInbox<true>(clock);
  const parse = parser();
  const send = (packet: Packet) => void (socket.writable && socket.write(generate(packet)));
  let lastId = 0;

  parse.on("packet", (packet) => {
    if (packet.cmd !== "publish") return answers.push(packet);
    if (packet.messageId !== undefined) send({ cmd: "puback", messageId: packet.messageId });
    options.onMessage(packet.topic, Buffer.from(packet.payload).toString("latin1"));
  });
  parse.on("error", () => socket.destroy());
  socket.on("data", (chunk) => parse.parse(chunk));
  // A reset, or nobody there, is a way to be closed.
  socket.on("error", () => socket.destroy());
  socket.on("connect", () => send(options.connect));
  socket.once("close", () => {
    answers.close();
    ended.push(true);
  });

  async function take(cmd: Answer["cmd"], id?: number): Promise<Answer | null> {
    return answers.take((packet) => packet.cmd === cmd && (id === undefined || packet.messageId === id), withinMs);
  }

  const connack = await take("connack");
  if (connack === null) socket.destroy();
  return {
    returnCode: connack?.cmd === "connack" ? (connack.returnCode ?? 0) : null,
    async subscribe(topics) {
      lastId += 1;
      send({ cmd: "subscribe", messageId: lastId, subscriptions: topics.map((topic) => ({ topic, qos: 1 as const })) });
      return (await take("suback", lastId)) !== null;
    },
    async publish(topic, payload) {
      lastId += 1;
      const bytes = Buffer.from(payload, "latin1");
      send({ cmd: "publish", topic, payload: bytes, qos: 1, messageId: lastId, dup: false, retain: false });
      return (await take("puback", lastId)) !== null;
    },
    ends: async (ms) => (await ended.take(() => true, ms)) !== null,
    close(isPolite) {
      if (!isPolite || !socket.writable) return void socket.destroy();
      socket.end(generate({ cmd: "disconnect" }));
      // Whoever does not close in answer is not waited for.
      const forget = clock.setTimer(withinMs, () => socket.destroy());
      socket.once("close", forget);
    },
  };
}
