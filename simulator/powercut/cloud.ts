// Owns the other end of the traps in the proof: a cloud that claims, gives credentials, wishes, offers and releases, and a broker, in as
// few lines as the contract allows. What it knows is plain data, so that a power cut of the trap can be gone back to; what is under
// way on a connection goes with the trap's power.
import { createHmac } from "node:crypto";
import {
  type Bytes,
  type Configuration,
  type CredentialsAnswer,
  claimAnswerText,
  credentialsAnswerText,
  type DownMessage,
  decodeClaimRequest,
  decodeProvenRequest,
  decodeUp,
  downTopic,
  encodeChallengeAnswer,
  encodeClaimAnswer,
  encodeCredentialsAnswer,
  encodeDown,
  encodeReleaseAnswer,
  type Hello,
  type Identity,
  joinSealed,
  messageSealText,
  type ProvenRequest,
  parseTopic,
  releaseAnswerText,
  sealText,
  sessionKeyText,
  splitSealed,
  type UpdateOffer,
  type UpMessage,
} from "#protocol";
import type { HttpAnswer, HttpRequest } from "../../firmware/ports.ts";
import {
  type ClientPacket,
  encodeConnectAnswer,
  encodeMessage,
  encodePublishAnswer,
  encodeSubscribeAnswer,
  PING_ANSWER,
  parseClientPackets,
} from "./broker-packets.ts";

const TENANT = "11111111-1111-4111-8111-111111111111";
const DEVICE = "22222222-2222-4222-8222-222222222222";
const CREDENTIAL = "33333333-3333-4333-8333-333333333333";
const OK = 200;
const REFUSED = 401;

export interface CloudState {
  /** Of the trap: nobody asked; its window is open; credentials wait for it; they were used. */
  claim: "closed" | "waiting" | "ready" | "confirmed";
  /** Of the password, counted. */
  generation: number;
  /** Times that other credentials were wished. */
  rotations: number;
  /** Challenges and nonces given so far. */
  drawn: number;
  wish: Configuration | null;
  reported: Configuration | null;
  offer: UpdateOffer | null;
  /** The trap has said that it is about to try what was offered. */
  isVerified: boolean;
  /** Whoever says hello with these bytes is never welcomed: a firmware that does not work. Empty for none. */
  shunnedSha256: string;
  hello: Hello | null;
  /** Kind and value of what has come under `boot/seq`, and how often each kind has happened: a value above 1 speaks for so many. */
  events: Record<string, string>;
  told: Record<string, number>;
  /** Phase and code of every progress told, in turn. */
  progress: string[];
  releases: number;
}

interface Connection {
  reply(bytes: Bytes): void;
  close(): void;
  rest: Buffer;
  isAccepted: boolean;
  nonce: string;
  /** Of this connection; empty until its hello came. */
  key: string;
  said: number;
  packetId: number;
}

export interface Wire {
  reply(bytes: Bytes): void;
  close(): void;
}

export class ScriptedCloud {
  state: CloudState = {
    ...{
      claim: "closed",
      generation: 1,
      rotations: 0,
      drawn: 0,
      wish: null,
      reported: null,
      offer: null,
      isVerified: false,
    },
    ...{ shunnedSha256: "", hello: null },
    ...{ events: {}, told: {}, progress: [], releases: 0 },
  };
  /** The file that is offered. */
  file: Bytes = "";
  /** What the trap said that no trap may say; the first of it. */
  complaint: string | undefined;
  readonly #identity: Identity;
  #connection: Connection | undefined;

  constructor(identity: Identity) {
    this.#identity = identity;
  }

  /** The trap's power is gone. */
  hangUp(): void {
    this.#connection = undefined;
    this.complaint = undefined;
  }

  /** The connection is gone, and the trap is there to notice. */
  drop(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  isOnline(): boolean {
    return (this.#connection?.key ?? "") !== "";
  }

  /** The owner's wish; told at once, and at every hello until it is in force. */
  want(wish: Configuration): void {
    this.state.wish = wish;
    this.#tell({ name: "config", value: wish });
  }

  propose(offer: UpdateOffer): void {
    this.state.offer = offer;
    this.state.isVerified = false;
    this.#tell({ name: "offer", value: offer });
  }

  /** Other credentials from now on: the ones in use are refused. */
  rotate(): void {
    this.state.generation += 1;
    this.state.rotations += 1;
    this.state.claim = "ready";
    this.drop();
  }

  countEvents(kind: string): number {
    return this.state.told[kind] ?? 0;
  }

  answer({ path, body }: HttpRequest): HttpAnswer {
    const step = path.split("/device/v1/")[1] ?? "";
    if (step === "challenges") return ok(encodeChallengeAnswer({ challenge: this.#draw() }));
    if (step === "claiming") return this.#answerClaim(body);
    if (step.startsWith("firmware/")) return this.#answerChunk(Number(step.split("/").at(-1)));
    const asked = decodeProvenRequest(body);
    if (!asked.ok) return { status: REFUSED, body: "", error: "" };
    if (step === "release") return this.#answerRelease(asked.value);
    return this.#answerCredentials(asked.value);
  }

  accept(wire: Wire): (data: Bytes) => void {
    const connection: Connection = {
      ...{ reply: wire.reply, close: wire.close, rest: Buffer.alloc(0), isAccepted: false },
      ...{ nonce: "", key: "", said: 0, packetId: 0 },
    };
    this.#connection = connection;
    return (data) => {
      const { packets, rest } = parseClientPackets(Buffer.concat([connection.rest, Buffer.from(data, "latin1")]));
      connection.rest = rest;
      for (const packet of packets) if (this.#connection === connection) this.#receive(connection, packet);
    };
  }

  #draw(): string {
    this.state.drawn += 1;
    return this.state.drawn.toString(16).padStart(32, "0");
  }

  #prove(text: string, key = this.#identity.key): string {
    return createHmac("sha256", Buffer.from(key, "hex")).update(text, "latin1").digest("hex");
  }

  /** Of the credentials that are good now. */
  password(): string {
    return this.state.generation.toString(16).padStart(64, "a5");
  }

  #answerClaim(body: Bytes): HttpAnswer {
    const asked = decodeClaimRequest(body);
    if (!asked.ok) return { status: REFUSED, body: "", error: "" };
    const { state } = this;
    // Claimed, but its credentials were never used: it shall ask for them again.
    const status = state.claim === "confirmed" ? "owned" : "open";
    if (state.claim === "closed") state.claim = "waiting";
    const said = { status, expiresInS: 600, challenge: this.#draw(), proof: "" } as const;
    const proof = this.#prove(claimAnswerText(asked.value.serial, asked.value.challenge, said));
    return ok(encodeClaimAnswer({ ...said, proof }));
  }

  #answerCredentials({ serial, challenge }: ProvenRequest): HttpAnswer {
    const { state } = this;
    const status = state.claim;
    // A person is quick here: whoever asks once is claimed when it asks again.
    if (status === "waiting") state.claim = "ready";
    // Made afresh each time until they are used.
    if (status === "ready") state.generation += 1;
    const mask = Buffer.from(this.#prove(sealText(serial, challenge)), "hex");
    const masked = Buffer.from(this.password(), "hex").map((byte, i) => byte ^ mask[i]!);
    const sealed = Buffer.from(masked).toString("hex");
    const credentials = { tenant: TENANT, device: DEVICE, host: "broker", port: 1883, user: CREDENTIAL, sealed };
    const said: CredentialsAnswer = {
      ...{ status, challenge: this.#draw(), credentials: status === "ready" ? credentials : null, proof: "" },
    };
    const proof = this.#prove(credentialsAnswerText(serial, challenge, said));
    return ok(encodeCredentialsAnswer({ ...said, proof }));
  }

  #answerRelease({ serial, challenge }: ProvenRequest): HttpAnswer {
    const isOwned = this.state.claim === "ready" || this.state.claim === "confirmed";
    if (isOwned) this.state.releases += 1;
    this.state.claim = "closed";
    this.drop();
    const said = { status: isOwned ? "released" : "unknown", proof: "" } as const;
    return ok(encodeReleaseAnswer({ ...said, proof: this.#prove(releaseAnswerText(serial, challenge, said)) }));
  }

  #answerChunk(number: number): HttpAnswer {
    const chunk = this.state.offer?.chunk ?? 0;
    return ok(this.file.slice(number * chunk, (number + 1) * chunk));
  }

  #receive(connection: Connection, packet: ClientPacket): void {
    switch (packet.type) {
      case "connect": {
        const isGood = packet.user === CREDENTIAL && packet.password === this.password();
        connection.isAccepted = isGood && (this.state.claim === "ready" || this.state.claim === "confirmed");
        if (connection.isAccepted) this.state.claim = "confirmed";
        connection.reply(encodeConnectAnswer(connection.isAccepted ? 0 : 5));
        break;
      }
      case "subscribe": {
        connection.nonce = this.#draw();
        connection.reply(encodeSubscribeAnswer(packet.id, packet.filters));
        this.#send(connection, "session", encodeDown({ name: "session", value: { nonce: connection.nonce } }));
        break;
      }
      case "publish":
        if (connection.isAccepted) this.#hear(connection, packet.topic, packet.payload);
        connection.reply(encodePublishAnswer(packet.id));
        break;
      case "ping":
        connection.reply(PING_ANSWER);
        break;
      default:
    }
  }

  #send(connection: Connection, name: DownMessage["name"], payload: Bytes): void {
    connection.packetId += 1;
    connection.reply(encodeMessage(downTopic(TENANT, DEVICE, name), payload, connection.packetId));
  }

  /** Sealed; what cannot be said now is said after the next hello. */
  #tell(message: DownMessage): void {
    const connection = this.#connection;
    if (!connection || connection.key === "") return;
    const record = encodeDown(message);
    connection.said += 1;
    const seal = this.#prove(messageSealText("down", message.name, connection.said, record), connection.key);
    this.#send(connection, message.name, joinSealed(record, connection.said, seal));
  }

  #hear(connection: Connection, topic: string, payload: Bytes): void {
    const parsed = parseTopic(topic);
    const sealed = splitSealed(payload);
    const decoded =
      parsed?.direction === "up" && sealed.ok ? decodeUp(parsed.name, sealed.record) : { ok: false as const };
    if (!sealed.ok || !decoded.ok) {
      this.complaint ??= `the trap said ${payload} on ${topic}`;
      return;
    }
    const message = decoded.value;
    if (message.name === "hello") {
      const { boot, session } = message.value;
      connection.key = this.#prove(sessionKeyText(DEVICE, boot, session, connection.nonce));
    }
    const seal = this.#prove(messageSealText("up", message.name, sealed.count, sealed.record), connection.key);
    if (seal !== sealed.seal) this.complaint ??= `the trap said ${payload} without a proof`;
    this.#take(message);
  }

  #take(message: UpMessage): void {
    const { state } = this;
    switch (message.name) {
      case "hello": {
        const { boot, session, rev, sha256 } = message.value;
        state.hello = message.value;
        if (sha256 === state.shunnedSha256) break;
        this.#tell({ name: "welcome", value: { boot, session } });
        if (state.wish && state.wish.rev > rev) this.#tell({ name: "config", value: state.wish });
        // With the old bytes after it had verified the new ones, it has taken the update back.
        if (state.offer && !state.isVerified && state.offer.sha256 !== sha256)
          this.#tell({ name: "offer", value: state.offer });
        break;
      }
      case "event": {
        const { boot, seq, kind, value } = message.value;
        const name = `${boot}/${seq}`;
        const said = `${kind} ${value}`;
        if (state.events[name] === undefined) state.told[kind] = (state.told[kind] ?? 0) + Math.max(1, value);
        else if (state.events[name] !== said)
          this.complaint ??= `${name} was "${state.events[name]}" and is "${said}" now`;
        state.events[name] = said;
        this.#tell({ name: "ack", value: { boot, seq } });
        break;
      }
      case "reported":
        state.reported = message.value;
        break;
      case "update":
        if (message.value.phase === "verified") state.isVerified = true;
        state.progress.push(`${message.value.phase} ${message.value.code}`);
        break;
      default:
    }
  }
}

function ok(body: Bytes): HttpAnswer {
  return { status: OK, body, error: "" };
}
