// Owns a trap without a board: it speaks to a cloud as a trap does, with an identity and a key of its own, proves and seals everything
// afresh, and says whatever it is told to. What it is told, and whether the answers are right, is replay-cloud.ts's.
import {
  type ClaimRequest,
  claimAnswerText,
  claimRequestText,
  credentialsAnswerText,
  credentialsRequestText,
  type DownName,
  decodeChallengeAnswer,
  decodeClaimAnswer,
  decodeCredentialsAnswer,
  decodeReleaseAnswer,
  decodeSessionStart,
  downTopics,
  encodeChallengeRequest,
  encodeClaimRequest,
  encodeProvenRequest,
  type Identity,
  KEEP_ALIVE_S,
  parseTopic,
  releaseAnswerText,
  releaseRequestText,
  type UpName,
  upTopic,
  type Will,
} from "#protocol";
import type { Clock } from "../clock.ts";
import type { RecordFields, TrapStep } from "./entries.ts";
import { createInbox, type Inbox } from "./inbox.ts";
import { overhearMessage, readAnswer } from "./overheard.ts";
import { createSealEnd, maskPassword, prove, type SealEnd, sealWill } from "./proving.ts";
import { openTrapWire, type TrapWire } from "./trap-wire.ts";

export interface PuppetOptions {
  identity: Identity;
  httpUrl: string;
  /** Undefined: where its credentials say. */
  mqtt: { host: string; port: number } | undefined;
  clock: Clock;
  /** Patience for one answer, in milliseconds. */
  withinMs: number;
}

export interface StepAnswer {
  /** 0: there was none. */
  status: number;
  fields: RecordFields;
  /** The bytes of a chunk. */
  bytes: Buffer;
  /** Why the trap would not believe it; empty if it would. */
  fault: string;
}

export interface Heard {
  name: DownName;
  record: RecordFields;
}

export interface PuppetTrap {
  readonly hasCredentials: boolean;
  /** As the cloud calls it; null before it has credentials. */
  readonly deviceId: string | null;
  /** @param fields a claim code as `code`, or firmware and number of a chunk */
  ask(step: TrapStep, fields: RecordFields): Promise<StepAnswer>;
  /** Connects, subscribes and waits for the session's beginning. @returns the return code; null where there was no CONNACK */
  connect(session: Will): Promise<number | null>;
  readonly isConnected: boolean;
  /** The session was begun: the cloud has given its part of the key. */
  readonly isBegun: boolean;
  /** @returns false when it was not acknowledged */
  say(name: UpName, record: string): Promise<boolean>;
  /** What the cloud said and was proven to have said; what was not is told as a fault. */
  readonly heard: Inbox<Heard>;
  faults(): string[];
  endsWithin(ms: number): Promise<boolean>;
  disconnect(isPolite: boolean): void;
}

interface Credentials {
  tenant: string;
  device: string;
  host: string;
  port: number;
  user: string;
  password: string;
}

export function createPuppetTrap(options: PuppetOptions): PuppetTrap {
  return new Puppet(options);
}

class Puppet implements PuppetTrap {
  readonly #options: PuppetOptions;
  readonly heard: Inbox<Heard>;
  readonly #faults: string[] = [];
  #challenge = "";
  #credentials: Credentials | null = null;
  #wire: TrapWire | null = null;
  #seal: SealEnd | null = null;

  constructor(options: PuppetOptions) {
    this.#options = options;
    this.heard = createInbox<Heard>(options.clock);
  }

  get hasCredentials(): boolean {
    return this.#credentials !== null;
  }

  get deviceId(): string | null {
    return this.#credentials?.device ?? null;
  }

  get isConnected(): boolean {
    return this.#wire !== null;
  }

  get isBegun(): boolean {
    return this.#seal !== null;
  }

  faults(): string[] {
    return [...this.#faults];
  }

  async ask(step: TrapStep, fields: RecordFields): Promise<StepAnswer> {
    if (step === "firmware") return this.#request("GET", `firmware/${fields.firmware}/chunks/${fields.number}`, "");
    const asked = this.#challenge;
    const answer = await this.#request("POST", step, this.#question(step, String(fields.code ?? "")));
    if (answer.status !== 200) return answer;
    const body = answer.bytes.toString("latin1");
    const read = readAnswer(step, body);
    if (read === null) return { ...answer, fault: "the answer cannot be read" };
    return { ...answer, fields: read, fault: this.#believe(step, asked, body) };
  }

  async connect(session: Will): Promise<number | null> {
    const given = this.#credentials;
    if (given === null) throw new Error("a puppet without credentials was told to connect");
    const { identity, mqtt, clock, withinMs } = this.#options;
    const own = { key: identity.key, deviceId: given.device };
    const nonces = createInbox<string>(clock);
    let seal: SealEnd | null = null;
    this.disconnect(false);
    const will = { topic: upTopic(given.tenant, given.device, "will"), payload: Buffer.from(sealWill(own, session)) };
    const wire = await openTrapWire({
      ...(mqtt ?? { host: given.host, port: given.port }),
      ...{ clock, withinMs },
      connect: {
        ...{ cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clean: true, keepalive: KEEP_ALIVE_S },
        ...{ clientId: given.user, username: given.user, password: Buffer.from(given.password) },
        will: { ...will, qos: 1, retain: false },
      },
      onMessage: (topic, payload) => {
        const start = parseTopic(topic)?.name === "session" ? decodeSessionStart(payload) : null;
        if (start?.ok) nonces.push(start.value.nonce);
        else this.#hear(topic, payload, seal);
      },
    });
    if (wire.returnCode !== 0) {
      wire.close(false);
      return wire.returnCode;
    }
    this.#wire = wire;
    await wire.subscribe(downTopics(given.tenant, given.device));
    const nonce = await nonces.take(() => true, withinMs);
    if (nonce !== null) seal = createSealEnd("trap", own, session, nonce);
    this.#seal = seal;
    return 0;
  }

  async say(name: UpName, record: string): Promise<boolean> {
    const given = this.#credentials;
    if (this.#wire === null || this.#seal === null || given === null) return false;
    return this.#wire.publish(upTopic(given.tenant, given.device, name), this.#seal.close(name, record));
  }

  async endsWithin(ms: number): Promise<boolean> {
    const wire = this.#wire;
    if (wire === null) return true;
    const isOver = await wire.ends(ms);
    if (isOver && this.#wire === wire) this.disconnect(false);
    return isOver;
  }

  disconnect(isPolite: boolean): void {
    this.#wire?.close(isPolite);
    this.#wire = null;
    this.#seal = null;
  }

  #hear(topic: string, payload: string, seal: SealEnd | null): void {
    const name = parseTopic(topic)?.name;
    const message = overhearMessage(topic, payload);
    const isIn = message.kind === "mqtt" && message.direction === "in";
    if (!isIn) return void this.#faults.push(`the cloud said what cannot be read on ${name ?? "a foreign topic"}`);
    if (seal?.open(message.name, payload) == null) {
      this.#faults.push(`the cloud said ${message.name} without a seal of this connection`);
    } else this.heard.push({ name: message.name, record: message.record });
  }

  #question(step: Exclude<TrapStep, "firmware">, code: string): string {
    const { serial, mac, key } = this.#options.identity;
    if (step === "challenges") return encodeChallengeRequest({ serial });
    const asked = { serial, challenge: this.#challenge, proof: "" };
    if (step === "claiming") {
      const claim: ClaimRequest = { ...asked, mac, code };
      return encodeClaimRequest({ ...claim, proof: prove(key, claimRequestText(claim)) });
    }
    const text = step === "release" ? releaseRequestText(asked) : credentialsRequestText(asked);
    return encodeProvenRequest({ ...asked, proof: prove(key, text) });
  }

  /** Checks the cloud's proof as a trap does, and takes what it gives. */
  #believe(step: Exclude<TrapStep, "firmware">, asked: string, body: string): string {
    const { serial, key } = this.#options.identity;
    const isProven = (text: string, proof: string) => (prove(key, text) === proof ? "" : "the cloud's proof is wrong");
    if (step === "challenges") {
      const answer = decodeChallengeAnswer(body);
      if (answer.ok) this.#challenge = answer.value.challenge;
      return "";
    }
    if (step === "release") {
      const answer = decodeReleaseAnswer(body);
      return answer.ok ? isProven(releaseAnswerText(serial, asked, answer.value), answer.value.proof) : "";
    }
    if (step === "claiming") {
      const answer = decodeClaimAnswer(body);
      if (!answer.ok) return "";
      this.#challenge = answer.value.challenge;
      return isProven(claimAnswerText(serial, asked, answer.value), answer.value.proof);
    }
    const answer = decodeCredentialsAnswer(body);
    if (!answer.ok) return "";
    const fault = isProven(credentialsAnswerText(serial, asked, answer.value), answer.value.proof);
    const given = answer.value.credentials;
    this.#challenge = answer.value.challenge;
    if (fault === "" && given !== null) {
      const { sealed, ...rest } = given;
      this.#credentials = { ...rest, password: maskPassword(key, serial, asked, sealed) };
    }
    return fault;
  }

  async #request(method: "GET" | "POST", path: string, body: string): Promise<StepAnswer> {
    const signal = AbortSignal.timeout(this.#options.withinMs);
    const headers = { "content-type": "application/json" };
    const sent = method === "GET" ? { method, signal } : { method, signal, headers, body: Buffer.from(body, "latin1") };
    try {
      const response = await fetch(`${this.#options.httpUrl}/device/v1/${path}`, sent);
      const bytes = Buffer.from(await response.arrayBuffer());
      return { status: response.status, fields: {}, bytes, fault: "" };
    } catch {
      // No answer is compared like any other.
      return { status: 0, fields: {}, bytes: Buffer.alloc(0), fault: "" };
    }
  }
}
