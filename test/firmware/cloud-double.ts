// Owns the other end for the tests of the firmware: a cloud that claims, gives credentials and releases, and a broker that speaks MQTT by
// a codec that is not ours. Proofs are made by Node's HMAC, so that two hands agree on them.
import { createHmac } from "node:crypto";
import mqttPacket from "mqtt-packet";
import {
  type Bytes,
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
  parseTopic,
  releaseAnswerText,
  releaseRequestText,
  sealText,
  type UpMessage,
} from "#protocol";
import type { Device } from "../../firmware/device.ts";
import type { HttpAnswer, HttpRequest } from "../../firmware/ports.ts";
import { createTestBench, KEY, type TestBench, type TestSocket } from "./ports-double.ts";

export const TENANT = "11111111-1111-4111-8111-111111111111";
export const DEVICE = "22222222-2222-4222-8222-222222222222";
export const CREDENTIAL = "33333333-3333-4333-8333-333333333333";
export const PASSWORD = "a5".repeat(32);

export function hmacHex(text: string, key = KEY): string {
  return createHmac("sha256", Buffer.from(key, "hex")).update(text, "latin1").digest("hex");
}

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
  /** Sign with another key. */
  isImpostor: boolean;
  connects: number;
  released: number;
  codes: string[];
  received: UpMessage[];
  /** Packets as the broker saw them, for what is not a publish. */
  commands: string[];
  will: UpMessage | null;
  firmware: Bytes;
  send(message: DownMessage): void;
  sendRaw(topic: string, payload: Bytes): void;
  /** Every message of this name so far. */
  list<N extends UpMessage["name"]>(name: N): Named<N>["value"][];
}

/** Attach a cloud to the bench. */
export function createCloudDouble(bench: TestBench): CloudDouble {
  let challenges = 0;
  let packetId = 0;
  let open: TestSocket | null = null;
  const fresh = new Set<string>();
  const createChallenge = (): string => {
    challenges += 1;
    const challenge = challenges.toString(16).padStart(32, "0");
    fresh.add(challenge);
    return challenge;
  };
  const sign = (text: string): string => hmacHex(text, cloud.isImpostor ? "ff".repeat(32) : KEY);
  const refused: HttpAnswer = { status: 401, body: '{"title":"no"}', error: "" };
  const ok = (body: string): HttpAnswer => ({ status: 200, body, error: "" });
  const isProven = (text: string, asked: { proof: string; challenge: string }): boolean =>
    hmacHex(text) === asked.proof && fresh.delete(asked.challenge);

  function answer(request: HttpRequest): HttpAnswer {
    const [, step = ""] = request.path.split("/device/v1/");
    if (step === "challenges") {
      const asked = decodeChallengeRequest(request.body);
      return asked.ok ? ok(encodeChallengeAnswer({ challenge: createChallenge() })) : refused;
    }
    if (step === "claiming") return answerClaim(request.body);
    if (step.startsWith("firmware/")) {
      const chunk = Number(step.split("/").at(-1));
      return ok(cloud.firmware.slice(chunk * 1024, (chunk + 1) * 1024));
    }
    const asked = decodeProvenRequest(request.body);
    if (!asked.ok) return refused;
    return step === "release" ? answerRelease(asked.value) : answerCredentials(asked.value);
  }

  function answerClaim(body: string): HttpAnswer {
    const asked = decodeClaimRequest(body);
    if (!asked.ok || !isProven(claimRequestText(asked.value), asked.value)) return refused;
    const { serial, challenge, code } = asked.value;
    if (code) cloud.codes.push(code);
    const said = { status: cloud.claimStatus, expiresInS: 600, challenge: createChallenge(), proof: "" };
    return ok(encodeClaimAnswer({ ...said, proof: sign(claimAnswerText(serial, challenge, said)) }));
  }

  function answerCredentials(asked: { serial: string; challenge: string; proof: string }): HttpAnswer {
    if (!isProven(credentialsRequestText(asked), asked)) return refused;
    const mask = Buffer.from(hmacHex(sealText(asked.serial, asked.challenge)), "hex");
    const sealed = Buffer.from(PASSWORD, "hex").map((byte, i) => byte ^ (mask[i] ?? 0));
    const said: CredentialsAnswer = {
      status: cloud.credentialsStatus,
      challenge: createChallenge(),
      credentials:
        cloud.credentialsStatus === "ready"
          ? {
              ...{ tenant: TENANT, device: DEVICE, host: "broker.test", port: 1883, user: CREDENTIAL },
              sealed: Buffer.from(sealed).toString("hex"),
            }
          : null,
      proof: "",
    };
    said.proof = sign(credentialsAnswerText(asked.serial, asked.challenge, said));
    return ok(encodeCredentialsAnswer(said));
  }

  function answerRelease(asked: { serial: string; challenge: string; proof: string }): HttpAnswer {
    if (!isProven(releaseRequestText(asked), asked)) return refused;
    cloud.released += 1;
    const said = { status: "released" as const, proof: "" };
    return ok(encodeReleaseAnswer({ ...said, proof: sign(releaseAnswerText(asked.serial, asked.challenge, said)) }));
  }

  bench.onRequest = (request) => {
    const answered = answer(request);
    const lost = cloud.losesAnswerTo.findIndex((path) => request.path.endsWith(path));
    if (lost < 0) return answered;
    cloud.losesAnswerTo.splice(lost, 1);
    return null;
  };

  function reply(socket: TestSocket, packet: PacketSent): void {
    const bytes = mqttPacket.generate(packet).toString("latin1");
    bench.clock.setTimer(1, () => {
      if (!socket.closedByTrap) socket.handlers.received(bytes);
    });
  }

  function receive(socket: TestSocket, packet: mqttPacket.Packet): void {
    if (packet.cmd !== "publish") cloud.commands.push(packet.cmd);
    if (cloud.isMute && packet.cmd !== "connect" && packet.cmd !== "subscribe") return;
    switch (packet.cmd) {
      case "connect": {
        cloud.connects += 1;
        const good = packet.username === CREDENTIAL && packet.password?.toString() === PASSWORD;
        const parsed = parseTopic(packet.will?.topic);
        const decoded = parsed?.direction === "up" ? decodeUp(parsed.name, packet.will?.payload.toString()) : undefined;
        cloud.will = decoded?.ok ? decoded.value : null;
        const returnCode = cloud.connectCode || (good ? 0 : 5);
        open = returnCode === 0 ? socket : null;
        reply(socket, { cmd: "connack", returnCode, sessionPresent: false });
        break;
      }
      case "subscribe":
        reply(socket, { cmd: "suback", messageId: packet.messageId ?? 0, granted: packet.subscriptions.map(() => 1) });
        break;
      case "pingreq":
        reply(socket, { cmd: "pingresp" });
        break;
      case "publish": {
        const parsed = parseTopic(packet.topic);
        if (parsed?.direction !== "up") throw new Error(`published on ${packet.topic}`);
        const decoded = decodeUp(parsed.name, packet.payload.toString("latin1"));
        if (!decoded.ok) throw new Error(`refused: ${decoded.code} ${decoded.field} in ${packet.payload}`);
        cloud.received.push(decoded.value);
        if (decoded.value.name === "event" && cloud.acknowledges) {
          cloud.send({ name: "ack", value: { boot: decoded.value.value.boot, seq: decoded.value.value.seq } });
        }
        reply(socket, { cmd: "puback", messageId: packet.messageId ?? 0 });
        break;
      }
      default:
    }
  }

  bench.onSocket = (socket) => {
    const parser = mqttPacket.parser();
    parser.on("packet", (packet) => receive(socket, packet));
    parser.on("error", (error) => {
      throw error;
    });
    bench.onWrite = (_socket, data) => void parser.parse(Buffer.from(data, "latin1"));
  };

  const cloud: CloudDouble = {
    ...{ claimStatus: "open", credentialsStatus: "waiting", connectCode: 0, acknowledges: true, isMute: false },
    ...{ losesAnswerTo: [], isImpostor: false, connects: 0, released: 0, codes: [], received: [], commands: [] },
    ...{ will: null, firmware: "" },
    send: (message) => cloud.sendRaw(downTopic(TENANT, DEVICE, message.name as DownName), encodeDown(message)),
    sendRaw(topic, payload) {
      packetId += 1;
      if (open)
        reply(open, {
          ...{ cmd: "publish", topic, payload: Buffer.from(payload, "latin1"), qos: 1, messageId: packetId },
          ...{ dup: false, retain: false },
        });
    },
    list<N extends UpMessage["name"]>(name: N) {
      const isNamed = (message: UpMessage): message is Named<N> => message.name === name;
      return cloud.received.filter(isNamed).map((message) => message.value as Named<N>["value"]);
    },
  };
  return cloud;
}

/** A trap on a cable that was claimed and is online, plunger not set. */
export function startOwned(): { bench: TestBench; cloud: CloudDouble; device: Device } {
  const bench = createTestBench({ wired: true });
  const cloud = createCloudDouble(bench);
  const device = bench.boot();
  bench.type("claim");
  bench.clock.advance(10);
  cloud.credentialsStatus = "ready";
  bench.clock.advance(2100);
  if (cloud.list("hello").length !== 1) throw new Error(`not online:\n${bench.lines.join("\n")}`);
  return { bench, cloud, device };
}
