// Owns the other end for the tests of the firmware: a cloud that claims, gives credentials and releases, and a broker that speaks MQTT by
// a codec that is not ours. Proofs are made by Node's HMAC, so that two hands agree on them.
import mqttPacket from "mqtt-packet";
import {
  type Bytes,
  type ClaimRequest,
  type ClaimStatus,
  type CredentialsAnswer,
  claimAnswerText,
  claimRequestText,
  credentialsAnswerText,
  credentialsRequestText,
  type DownMessage,
  type DownName,
  decodeChallengeRequest,
  decodeClaimRequest,
  decodeProvenRequest,
  decodeUp,
  downTopic,
  encodeChallengeAnswer,
  encodeClaimAnswer,
  encodeCredentialsAnswer,
  encodeDown,
  encodeReleaseAnswer,
  encodeSessionStart,
  FIRMWARE_CHUNK_BYTES_MAX,
  type ProvenRequest,
  parseTopic,
  releaseAnswerText,
  releaseRequestText,
  sealText,
  splitSealed,
  type UpMessage,
  type Will,
} from "#protocol";
import type { Device } from "../../firmware/device.ts";
import type { HttpAnswer, HttpRequest } from "../../firmware/ports.ts";
import { createSealEnd, hmacHex as hmac, type SealEnd, sealWill } from "../support/seals.ts";
import { type BenchOptions, createTestBench, KEY, type TestBench, type TestSocket } from "./ports-double.ts";

export const TENANT = "11111111-1111-4111-8111-111111111111";
export const DEVICE = "22222222-2222-4222-8222-222222222222";
export const CREDENTIAL = "33333333-3333-4333-8333-333333333333";
export const PASSWORD = "a5".repeat(32);
/** As the tests offer firmware. */
const CHUNK_BYTES = FIRMWARE_CHUNK_BYTES_MAX;

export function hmacHex(text: string, key = KEY): string {
  return hmac(key, text);
}

const IMPOSTORS_KEY = "ff".repeat(32);

type PacketSent = Parameters<typeof mqttPacket.generate>[0];

type Named<N extends UpMessage["name"]> = Extract<UpMessage, { name: N }>;

export interface CloudDouble {
  /** What the next requests are answered. */
  claimStatus: ClaimStatus;
  credentialsStatus: CredentialsAnswer["status"];
  /** What CONNECT is answered; 0 accepts. */
  connectCode: number;
  /** Acknowledge events as they come. */
  acknowledges: boolean;
  /** Answer nothing at all on MQTT. */
  isMute: boolean;
  /** Lose the answer of the next request to these paths. */
  losesAnswerTo: string[];
  /** Sign and seal with another key. */
  isImpostor: boolean;
  /** Begin a session when the trap has subscribed, and welcome its hello. */
  begins: boolean;
  welcomes: boolean;
  connects: number;
  released: number;
  codes: string[];
  received: UpMessage[];
  /** Packets as the broker saw them, for what is not a publish. */
  commands: string[];
  will: UpMessage | null;
  firmware: Bytes;
  /** Sealed for the connection that is open; one without a hello gets nothing. */
  send(message: DownMessage): void;
  /** Sealed, whatever the record is. */
  sendRecord(name: DownName, record: Bytes): void;
  /** As it is. */
  sendRaw(topic: string, payload: Bytes): void;
  /** Every message of this name so far. */
  list<N extends UpMessage["name"]>(name: N): Named<N>["value"][];
}

/** Attach a cloud to the bench. */
export function createCloudDouble(bench: TestBench): CloudDouble {
  const broker: Broker = { bench, open: null, packetId: 0, nonce: 0, seal: null };
  const cloud: CloudDouble = {
    ...{ claimStatus: "open", credentialsStatus: "waiting", connectCode: 0, acknowledges: true, isMute: false },
    ...{ losesAnswerTo: [], isImpostor: false, connects: 0, released: 0, codes: [], received: [], commands: [] },
    ...{ will: null, firmware: "", begins: true, welcomes: true },
    send: (message) => cloud.sendRecord(message.name, encodeDown(message)),
    sendRecord(name, record) {
      const payload = broker.seal?.close(name, record);
      if (payload !== undefined) cloud.sendRaw(downTopic(TENANT, DEVICE, name), payload);
    },
    sendRaw(topic, payload) {
      broker.packetId += 1;
      reply(broker, broker.open, {
        ...{ cmd: "publish", topic, payload: Buffer.from(payload, "latin1"), qos: 1, messageId: broker.packetId },
        ...{ dup: false, retain: false },
      });
    },
    list<N extends UpMessage["name"]>(name: N) {
      const isNamed = (message: UpMessage): message is Named<N> => message.name === name;
      return cloud.received.filter(isNamed).map((message) => message.value as Named<N>["value"]);
    },
  };
  const http = createHttpDoor(cloud);
  bench.onRequest = (request) => {
    const answered = http(request);
    const lost = cloud.losesAnswerTo.findIndex((path) => request.path.endsWith(path));
    if (lost < 0) return answered;
    cloud.losesAnswerTo.splice(lost, 1);
    return null;
  };
  bench.onSocket = (socket) => {
    const parser = mqttPacket.parser();
    parser.on("packet", (packet) => receive(cloud, broker, socket, packet));
    parser.on("error", (error) => {
      throw error;
    });
    bench.onWrite = (_socket, data) => void parser.parse(Buffer.from(data, "latin1"));
  };
  return cloud;
}

const REFUSED: HttpAnswer = { status: 401, body: '{"title":"no"}', error: "" };
const ok = (body: string): HttpAnswer => ({ status: 200, body, error: "" });

/** Challenges that are good once, and answers that are signed. */
function createHttpDoor(cloud: CloudDouble): (request: HttpRequest) => HttpAnswer {
  let challenges = 0;
  const fresh = new Set<string>();
  const createChallenge = (): string => {
    challenges += 1;
    const challenge = challenges.toString(16).padStart(32, "0");
    fresh.add(challenge);
    return challenge;
  };
  const isProven = (text: string, asked: { proof: string; challenge: string }): boolean =>
    hmacHex(text) === asked.proof && fresh.delete(asked.challenge);
  return ({ path, body }) => {
    const [, step = ""] = path.split("/device/v1/");
    if (step.startsWith("firmware/")) return ok(cutChunk(cloud.firmware, Number(step.split("/").at(-1))));
    if (step === "challenges") {
      const asked = decodeChallengeRequest(body);
      return asked.ok ? ok(encodeChallengeAnswer({ challenge: createChallenge() })) : REFUSED;
    }
    if (step === "claiming") {
      const asked = decodeClaimRequest(body);
      if (!asked.ok || !isProven(claimRequestText(asked.value), asked.value)) return REFUSED;
      return answerClaim(cloud, asked.value, createChallenge());
    }
    const asked = decodeProvenRequest(body);
    if (!asked.ok) return REFUSED;
    const text = step === "release" ? releaseRequestText(asked.value) : credentialsRequestText(asked.value);
    if (!isProven(text, asked.value)) return REFUSED;
    if (step === "release") return answerRelease(cloud, asked.value);
    return answerCredentials(cloud, asked.value, createChallenge());
  };
}

function cutChunk(firmware: Bytes, chunk: number): Bytes {
  return firmware.slice(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES);
}

function sign(cloud: CloudDouble, text: string): string {
  return hmacHex(text, cloud.isImpostor ? IMPOSTORS_KEY : KEY);
}

function answerClaim(cloud: CloudDouble, asked: ClaimRequest, next: string): HttpAnswer {
  if (asked.code) cloud.codes.push(asked.code);
  const said = { status: cloud.claimStatus, expiresInS: 600, challenge: next, proof: "" };
  said.proof = sign(cloud, claimAnswerText(asked.serial, asked.challenge, said));
  return ok(encodeClaimAnswer(said));
}

function answerCredentials(cloud: CloudDouble, asked: ProvenRequest, next: string): HttpAnswer {
  const mask = Buffer.from(hmacHex(sealText(asked.serial, asked.challenge)), "hex");
  const sealed = Buffer.from(Buffer.from(PASSWORD, "hex").map((byte, i) => byte ^ (mask[i] ?? 0))).toString("hex");
  const credentials = { tenant: TENANT, device: DEVICE, host: "broker.test", port: 1883, user: CREDENTIAL, sealed };
  const said: CredentialsAnswer = {
    status: cloud.credentialsStatus,
    challenge: next,
    credentials: cloud.credentialsStatus === "ready" ? credentials : null,
    proof: "",
  };
  said.proof = sign(cloud, credentialsAnswerText(asked.serial, asked.challenge, said));
  return ok(encodeCredentialsAnswer(said));
}

function answerRelease(cloud: CloudDouble, asked: ProvenRequest): HttpAnswer {
  cloud.released += 1;
  const said = { status: "released" as const, proof: "" };
  return ok(
    encodeReleaseAnswer({ ...said, proof: sign(cloud, releaseAnswerText(asked.serial, asked.challenge, said)) }),
  );
}

interface Broker {
  bench: TestBench;
  /** The connection that was accepted last. */
  open: TestSocket | null;
  packetId: number;
  /** Counts the sessions begun. */
  nonce: number;
  /** Of the open connection, once its hello has been read. */
  seal: SealEnd | null;
}

function reply(broker: Broker, socket: TestSocket | null, packet: PacketSent): void {
  const bytes = mqttPacket.generate(packet).toString("latin1");
  broker.bench.clock.setTimer(1, () => {
    if (socket && !socket.closedByTrap) socket.handlers.received(bytes);
  });
}

function receive(cloud: CloudDouble, broker: Broker, socket: TestSocket, packet: mqttPacket.Packet): void {
  if (packet.cmd !== "publish") cloud.commands.push(packet.cmd);
  if (cloud.isMute && packet.cmd !== "connect" && packet.cmd !== "subscribe") return;
  switch (packet.cmd) {
    case "connect":
      receiveConnect(cloud, broker, socket, packet);
      break;
    case "subscribe": {
      const granted = packet.subscriptions.map(() => 1);
      reply(broker, socket, { cmd: "suback", messageId: packet.messageId ?? 0, granted });
      broker.nonce += 1;
      if (cloud.begins)
        cloud.sendRaw(downTopic(TENANT, DEVICE, "session"), encodeSessionStart({ nonce: nonceOf(broker) }));
      break;
    }
    case "pingreq":
      reply(broker, socket, { cmd: "pingresp" });
      break;
    case "publish":
      receivePublish(cloud, broker, packet);
      reply(broker, socket, { cmd: "puback", messageId: packet.messageId ?? 0 });
      break;
    default:
  }
}

function nonceOf(broker: Broker): string {
  return broker.nonce.toString(16).padStart(32, "0");
}

function readUp(topic: string | undefined, open: (name: UpMessage["name"]) => string): UpMessage {
  const parsed = parseTopic(topic);
  if (parsed?.direction !== "up") throw new Error(`the trap spoke on ${topic}`);
  const record = open(parsed.name);
  const decoded = decodeUp(parsed.name, record);
  if (!decoded.ok) throw new Error(`refused: ${decoded.code} ${decoded.field} in ${record}`);
  return decoded.value;
}

function createBrokersSeal(cloud: CloudDouble, broker: Broker, session: Will): SealEnd {
  const device = { key: cloud.isImpostor ? IMPOSTORS_KEY : KEY, deviceId: DEVICE };
  return createSealEnd("cloud", device, session, nonceOf(broker));
}

/** The record of a message, its seal proven as the next one's; of an impostor's, unproven. */
function openUp(cloud: CloudDouble, broker: Broker, name: UpMessage["name"], payload: string): string {
  const sealed = splitSealed(payload);
  if (!sealed.ok) throw new Error(`${name} without a seal: ${payload}`);
  if (name === "hello") {
    const hello = decodeUp(name, sealed.record);
    if (hello.ok && hello.value.name === name) broker.seal = createBrokersSeal(cloud, broker, hello.value.value);
  }
  if (broker.seal === null) throw new Error(`${name} before a hello`);
  return cloud.isImpostor ? sealed.record : broker.seal.open(name, payload);
}

function readWill(packet: mqttPacket.IConnectPacket): UpMessage {
  const payload = packet.will?.payload.toString() ?? "";
  const [record = ""] = payload.split("\n");
  const will = readUp(packet.will?.topic, () => record);
  if (will.name !== "will" || payload !== sealWill({ key: KEY, deviceId: DEVICE }, will.value))
    throw new Error(`an unproven will: ${payload}`);
  return will;
}

function receiveConnect(cloud: CloudDouble, broker: Broker, socket: TestSocket, packet: mqttPacket.IConnectPacket) {
  cloud.connects += 1;
  const isGood = packet.username === CREDENTIAL && packet.password?.toString() === PASSWORD;
  cloud.will = readWill(packet);
  const returnCode = cloud.connectCode || (isGood ? 0 : 5);
  broker.open = returnCode === 0 ? socket : null;
  broker.seal = null;
  reply(broker, socket, { cmd: "connack", returnCode, sessionPresent: false });
}

function receivePublish(cloud: CloudDouble, broker: Broker, packet: mqttPacket.IPublishPacket): void {
  const message = readUp(packet.topic, (name) => openUp(cloud, broker, name, packet.payload.toString("latin1")));
  cloud.received.push(message);
  if (message.name === "hello" && cloud.welcomes) {
    const { boot, session } = message.value;
    cloud.send({ name: "welcome", value: { boot, session } });
  }
  if (message.name !== "event" || !cloud.acknowledges) return;
  cloud.send({ name: "ack", value: { boot: message.value.boot, seq: message.value.seq } });
}

/** A trap on a cable that was claimed and is online, plunger not set. */
export function startOwned(options: BenchOptions = {}): { bench: TestBench; cloud: CloudDouble; device: Device } {
  const bench = createTestBench({ wired: true, ...options });
  const cloud = createCloudDouble(bench);
  const device = bench.boot();
  bench.type("claim");
  bench.clock.advance(10);
  cloud.credentialsStatus = "ready";
  bench.clock.advance(2100);
  if (cloud.list("hello").length !== 1) throw new Error(`not online:\n${bench.lines.join("\n")}`);
  return { bench, cloud, device };
}
