// A man in the middle of MQTT: he relays between a trap and the broker, sees everything, and does as the test says: alter, hold back,
// repeat, add, or answer the trap himself as a broker that was stolen. What he lacks is the trap's key.
import * as net from "node:net";
import { generate, type IConnectPacket, type IPublishPacket, type Packet, parser } from "mqtt-packet";
import { parseTopic } from "#protocol";

export type Way = "up" | "down";

export interface Passed {
  /** Which connection of the trap, counted from 1. */
  connection: number;
  way: Way;
  packet: Packet;
}

export interface Middle {
  readonly port: number;
  /** The broker's; to be set before a trap comes. */
  target: number;
  /** Everything that was seen, in order, before it was changed. */
  readonly seen: Passed[];
  /** What goes on in place of a packet. */
  rule: (way: Way, packet: Packet) => Packet[];
  /** Null: relay. Else the trap's packets go nowhere else, and this is asked what to answer. */
  fake: ((packet: Packet) => Packet[]) | null;
  /** To the trap, or to the broker, on the connection that came last. */
  tell(packet: Packet): void;
  say(packet: Packet): void;
  /** Cut every connection. */
  cut(): void;
  stop(): Promise<void>;
}

export const HONEST: Middle["rule"] = (_way, packet) => [packet];

export async function startMiddle(): Promise<Middle> {
  const sockets = new Set<net.Socket>();
  let count = 0;
  let toTrap: net.Socket | null = null;
  let toBroker: net.Socket | null = null;

  function follow(socket: net.Socket, other: () => net.Socket | null): void {
    sockets.add(socket);
    socket.on("error", () => socket.destroy()); // a reset is a way to be closed
    socket.once("close", () => {
      sockets.delete(socket);
      other()?.destroy();
    });
  }

  function relay(connection: number, way: Way, from: net.Socket, to: () => net.Socket | null): void {
    const parse = parser();
    parse.on("packet", (packet) => {
      middle.seen.push({ connection, way, packet });
      if (way === "up" && middle.fake !== null) {
        for (const answer of middle.fake(packet)) from.write(generate(answer));
        return;
      }
      for (const one of middle.rule(way, packet)) to()?.write(generate(one));
    });
    parse.on("error", () => from.destroy());
    from.on("data", (bytes) => parse.parse(bytes));
  }

  const server = net.createServer((trap) => {
    count += 1;
    const broker = middle.fake === null ? net.connect({ port: middle.target, host: "127.0.0.1" }) : null;
    [toTrap, toBroker] = [trap, broker];
    follow(trap, () => broker);
    relay(count, "up", trap, () => broker);
    if (broker === null) return;
    follow(broker, () => trap);
    relay(count, "down", broker, () => trap);
  });
  const middle: Middle = {
    port: 0,
    target: 0,
    seen: [],
    rule: HONEST,
    fake: null,
    tell: (packet) => void toTrap?.write(generate(packet)),
    say: (packet) => void toBroker?.write(generate(packet)),
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    async stop() {
      middle.cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(middle, { port: (server.address() as net.AddressInfo).port });
}

/** The last part of a publish's topic; null for every other packet. */
export function nameOf(packet: Packet): string | null {
  return packet.cmd === "publish" ? (parseTopic(packet.topic)?.name ?? null) : null;
}

export function textOf(packet: IPublishPacket): string {
  return packet.payload.toString("latin1");
}

let messages = 40_000;

/** Of an id that neither end is using. */
export function publishPacket(topic: string, payload: string): IPublishPacket {
  messages += 1;
  const bytes = Buffer.from(payload, "latin1");
  return { cmd: "publish", topic, payload: bytes, qos: 1, messageId: messages, dup: false, retain: false };
}

/** What was overheard of this kind and way, the earliest first. */
export function listSeen<C extends Packet["cmd"]>(middle: Middle, way: Way, cmd: C): Extract<Packet, { cmd: C }>[] {
  const isWanted = (packet: Packet): packet is Extract<Packet, { cmd: C }> => packet.cmd === cmd;
  return middle.seen
    .filter((one) => one.way === way)
    .map((one) => one.packet)
    .filter(isWanted);
}

/** The messages of this name that went by. */
export function listMessages(middle: Middle, way: Way, name: string): IPublishPacket[] {
  return listSeen(middle, way, "publish").filter((packet) => nameOf(packet) === name);
}

/** User name and password, as anyone reads them who hears a CONNECT. */
export function overhearConnect(middle: Middle): IConnectPacket {
  const connect = listSeen(middle, "up", "connect").at(-1);
  if (connect === undefined) throw new Error("no CONNECT was overheard");
  return connect;
}
