// Owns the two doors of a simulated cloud: an HTTP server and an MQTT one that speaks its packets by hand, since a broker would answer for
// itself. What is answered is simulated-cloud.ts's.
import * as http from "node:http";
import * as net from "node:net";
import { generate, type ISubackPacket, type Packet, parser } from "mqtt-packet";

export interface HttpAnswer {
  status: number;
  /** Each character one byte. */
  body: string;
}

/** The trap's end of one MQTT connection. */
export interface MqttPeer {
  /** QoS 1. */
  publish(topic: string, payload: string): void;
  close(): void;
}

export interface DoorHandlers {
  answer(path: string, body: string): HttpAnswer;
  /** @returns the code of the CONNACK */
  connect(peer: MqttPeer, user: string, password: string): number;
  subscribe(peer: MqttPeer): void;
  publish(peer: MqttPeer, topic: string, payload: string): void;
  /** Whether with a goodbye. */
  end(peer: MqttPeer, isPolite: boolean): void;
}

export interface Doors {
  readonly http: { host: string; port: number };
  readonly mqtt: { host: string; port: number };
  setOpen(open: boolean): Promise<void>;
  stop(): Promise<void>;
}

const HOST = "127.0.0.1";
/** Twice what a record may have; a trap sends no more. */
const BODY_BYTES_MAX = 2048;

export async function openDoors(handlers: DoorHandlers): Promise<Doors> {
  const sockets = new Set<net.Socket>();
  const keep = (socket: net.Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  };
  const web = http.createServer((request, response) => {
    void readBody(request).then((body) => {
      const answer = handlers.answer(request.url ?? "", body);
      const bytes = Buffer.from(answer.body, "latin1");
      response.writeHead(answer.status, { "content-type": "application/json", "content-length": bytes.length });
      response.end(bytes);
    });
  });
  const broker = net.createServer((socket) => servePeer(socket, handlers));
  web.on("connection", keep);
  broker.on("connection", keep);
  const ports = { web: await listen(web, 0), broker: await listen(broker, 0) };

  async function close(): Promise<void> {
    for (const socket of sockets) socket.destroy();
    await Promise.all([web, broker].map((server) => new Promise((resolve) => server.close(resolve))));
  }

  return {
    http: { host: HOST, port: ports.web },
    mqtt: { host: HOST, port: ports.broker },
    async setOpen(open) {
      if (open === web.listening) return;
      if (!open) return close();
      await listen(web, ports.web);
      await listen(broker, ports.broker);
    },
    stop: close,
  };
}

function listen(server: net.Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

/** What breaks off is answered as if it were whole: nobody hears it. */
function readBody(request: http.IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let body = "";
    request.setEncoding("latin1");
    request.on("data", (piece: string) => {
      body = (body + piece).slice(0, BODY_BYTES_MAX);
    });
    request.once("end", () => resolve(body));
    request.once("error", () => resolve(body));
  });
}

function servePeer(socket: net.Socket, handlers: DoorHandlers): void {
  const parse = parser();
  const send = (packet: Packet) => void (socket.writable && socket.write(generate(packet)));
  let isPolite = false;
  let lastId = 0;
  const peer: MqttPeer = {
    publish(topic, payload) {
      lastId = (lastId % 65_535) + 1;
      const bytes = Buffer.from(payload, "latin1");
      send({ cmd: "publish", topic, payload: bytes, qos: 1, messageId: lastId, dup: false, retain: false });
    },
    // What was said before still gets out.
    close: () => socket.destroySoon(),
  };
  parse.on("packet", (packet) => {
    if (packet.cmd === "disconnect") isPolite = true;
    receive(packet, peer, send, handlers);
  });
  parse.on("error", () => socket.destroy());
  socket.on("data", (piece) => parse.parse(piece));
  // A reset is a way to be closed.
  socket.on("error", () => socket.destroy());
  socket.once("close", () => handlers.end(peer, isPolite));
}

function receive(packet: Packet, peer: MqttPeer, send: (packet: Packet) => void, handlers: DoorHandlers): void {
  switch (packet.cmd) {
    case "connect": {
      const password = Buffer.from(packet.password ?? "").toString("latin1");
      const returnCode = handlers.connect(peer, packet.username ?? "", password);
      send({ cmd: "connack", returnCode, sessionPresent: false });
      if (returnCode !== 0) peer.close();
      break;
    }
    case "subscribe": {
      const granted = packet.subscriptions.map(() => 1) satisfies ISubackPacket["granted"];
      send({ cmd: "suback", messageId: packet.messageId ?? 1, granted });
      handlers.subscribe(peer);
      break;
    }
    case "publish":
      handlers.publish(peer, packet.topic, Buffer.from(packet.payload).toString("latin1"));
      if (packet.messageId !== undefined) send({ cmd: "puback", messageId: packet.messageId });
      break;
    case "pingreq":
      send({ cmd: "pingresp" });
      break;
    case "disconnect":
      peer.close();
      break;
    default:
  }
}
