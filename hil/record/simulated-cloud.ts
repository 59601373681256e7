// Owns a cloud side that knows one recording: it answers a trap over HTTP and MQTT as the recording's cloud did, with proofs and seals made
// afresh under the trap's key, so that a trap can be replayed with no cloud and no database at all. Where the recording has no answer left,
// it repeats the last one, and says the friendliest where there never was one. What the cloud said of its own accord is the conductor's to
// say (replay-trap.ts). The sockets and packets are simulated-doors.ts's.
import {
  claimAnswerText,
  credentialsAnswerText,
  type DownName,
  decodeClaimRequest,
  decodeHello,
  decodeProvenRequest,
  encodeChallengeAnswer,
  encodeClaimAnswer,
  encodeCredentialsAnswer,
  encodeReleaseAnswer,
  type Identity,
  type ProvenRequest,
  parseTopic,
  releaseAnswerText,
} from "#protocol";
import type { Clock } from "../clock.ts";
import type { EntryOf, RecordedEntry, RecordFields, TrapStep } from "./entries.ts";
import { createInbox, type Inbox } from "./inbox.ts";
import { overhearAnswer, overhearMessage, overhearRequest, parseStep } from "./overheard.ts";
import { createSealEnd, maskPassword, prove, type SealEnd } from "./proving.ts";
import type { Recording } from "./recording.ts";
import { encodeFields } from "./records.ts";
import { type Doors, type HttpAnswer, type MqttPeer, openDoors } from "./simulated-doors.ts";

export interface SimulatedCloudOptions {
  recording: Recording;
  identity: Pick<Identity, "serial" | "key">;
  clock: Clock;
  randomBytes(count: number): Uint8Array;
  /** Everything that passes, both ways, as it would be recorded. */
  onExchange?(entry: RecordedEntry): void;
}

export interface SimulatedCloud {
  readonly http: { host: string; port: number };
  readonly mqtt: { host: string; port: number };
  /** What the trap did, as it would be recorded, proven and in order. */
  readonly heard: Inbox<RecordedEntry>;
  /** Says something of its own accord. False when no proven trap is there. */
  say(name: DownName, record: RecordFields): boolean;
  endConnection(): void;
  /** Takes both doors away and gives them back at the same ports. */
  setUp(up: boolean): Promise<void>;
  /** What went otherwise than a trap and its cloud should. */
  remarks(): string[];
  stop(): Promise<void>;
}

/** Friendly, for what the recording never asked. */
const KIND_ANSWERS: Partial<Record<TrapStep, RecordFields>> = {
  claiming: { status: "open", expiresInS: 600 },
  credentials: { status: "ready" },
  release: { status: "released" },
};
const BAD_CREDENTIALS = 4;

export async function startSimulatedCloud(options: SimulatedCloudOptions): Promise<SimulatedCloud> {
  const cloud = new ScriptedCloud(options);
  await cloud.start();
  return cloud;
}

interface Session {
  peer: MqttPeer;
  nonce: string;
  seal: SealEnd | null;
}

class ScriptedCloud implements SimulatedCloud {
  readonly heard: Inbox<RecordedEntry>;
  readonly #options: SimulatedCloudOptions;
  readonly #answers = new Map<TrapStep, EntryOf<"answer">[]>();
  readonly #chunks: Map<string, string>;
  readonly #returnCodes: number[];
  readonly #isWelcomed: boolean[];
  readonly #isAcknowledged: boolean[];
  /** By `boot/seq`, in the order they were first said. */
  readonly #events: string[] = [];
  readonly #remarks = new Set<string>();
  readonly #tenant: string;
  readonly #device: string;
  readonly #user: string;
  #password = "";
  #hellos = 0;
  #session: Session | null = null;
  #doors: Doors | null = null;

  constructor(options: SimulatedCloudOptions) {
    const { entries } = options.recording;
    this.#options = options;
    this.heard = createInbox<RecordedEntry>(options.clock);
    const answers = entries.filter((entry) => entry.kind === "answer").filter((entry) => entry.status !== 0);
    for (const answer of answers) this.#answers.set(answer.step, [...(this.#answers.get(answer.step) ?? []), answer]);
    const chunks = answers.filter((answer) => answer.body !== undefined);
    this.#chunks = new Map(chunks.map(({ fields, body }) => [`${fields.firmware} ${fields.number}`, body ?? ""]));
    this.#returnCodes = entries.flatMap((entry) => (entry.kind === "mqtt-connect" ? [entry.returnCode] : []));
    this.#isWelcomed = listWelcomed(options.recording);
    this.#isAcknowledged = listAcknowledged(options.recording);
    const given = answers.find((answer) => answer.fields.device !== undefined)?.fields;
    this.#tenant = String(given?.tenant ?? this.#drawUuid());
    this.#device = String(given?.device ?? this.#drawUuid());
    this.#user = this.#drawUuid();
  }

  get http(): { host: string; port: number } {
    return this.#getDoors().http;
  }

  get mqtt(): { host: string; port: number } {
    return this.#getDoors().mqtt;
  }

  async start(): Promise<void> {
    this.#doors = await openDoors({
      answer: (path, body) => this.#answer(path, body),
      connect: (peer, user, password) => this.#connect(peer, user, password),
      subscribe: (peer) => this.#begin(peer),
      publish: (peer, topic, payload) => this.#take(peer, topic, payload),
      end: (peer, isPolite) => this.#leave(peer, isPolite),
    });
  }

  say(name: DownName, record: RecordFields): boolean {
    const session = this.#session;
    if (session === null || session.seal === null) return false;
    this.#options.onExchange?.({ kind: "mqtt", direction: "in", name, record });
    session.peer.publish(this.#topic(name), session.seal.close(name, encodeFields(record)));
    return true;
  }

  endConnection(): void {
    const session = this.#session;
    this.#session = null;
    session?.peer.close();
  }

  async setUp(up: boolean): Promise<void> {
    if (!up) this.#session = null;
    await this.#getDoors().setOpen(up);
  }

  remarks(): string[] {
    return [...this.#remarks];
  }

  async stop(): Promise<void> {
    this.heard.close();
    await this.#doors?.stop();
  }

  #answer(path: string, body: string): HttpAnswer {
    const address = parseStep(path);
    if (address === null) return { status: 404, body: "" };
    this.#hear(overhearRequest(path, body));
    const answer = this.#answerStep(address, body);
    this.#options.onExchange?.(overhearAnswer(path, answer.status, answer.body));
    return answer;
  }

  #answerStep({ step, fields }: NonNullable<ReturnType<typeof parseStep>>, body: string): HttpAnswer {
    if (step === "firmware") {
      const chunk = this.#chunks.get(`${fields.firmware} ${fields.number}`);
      return { status: chunk === undefined ? 404 : 200, body: Buffer.from(chunk ?? "", "base64").toString("latin1") };
    }
    const script = this.#answers.get(step) ?? [];
    // The last one stays: a trap that asks more often is told the same again.
    const next = script.length > 1 ? script.shift() : script[0];
    if (next !== undefined && next.status !== 200) return { status: next.status, body: "" };
    return this.#prove(step, next?.fields ?? KIND_ANSWERS[step] ?? {}, body);
  }

  #prove(step: Exclude<TrapStep, "firmware">, fields: RecordFields, body: string): HttpAnswer {
    if (step === "challenges") return { status: 200, body: encodeChallengeAnswer({ challenge: this.#draw(16) }) };
    const asked = step === "claiming" ? decodeClaimRequest(body) : decodeProvenRequest(body);
    if (!asked.ok) {
      this.#remarks.add(`the trap asked for ${step} with a record that cannot be read`);
      return { status: 400, body: "" };
    }
    return { status: 200, body: this.#encodeAnswer(step, fields, asked.value) };
  }

  #encodeAnswer(step: "claiming" | "credentials" | "release", fields: RecordFields, asked: ProvenRequest): string {
    const { serial, challenge: used } = asked;
    const { key } = this.#options.identity;
    const challenge = this.#draw(16);
    if (step === "claiming") {
      const status = fields.status as "open";
      const answer = { status, expiresInS: Number(fields.expiresInS ?? 600), challenge, proof: "" };
      return encodeClaimAnswer({ ...answer, proof: prove(key, claimAnswerText(serial, used, answer)) });
    }
    if (step === "release") {
      const answer = { status: fields.status as "released", proof: "" };
      return encodeReleaseAnswer({ ...answer, proof: prove(key, releaseAnswerText(serial, used, answer)) });
    }
    const credentials = fields.status === "ready" ? this.#giveCredentials(serial, used) : null;
    const answer = { status: fields.status as "ready", challenge, credentials, proof: "" };
    return encodeCredentialsAnswer({ ...answer, proof: prove(key, credentialsAnswerText(serial, used, answer)) });
  }

  #giveCredentials(serial: string, used: string) {
    this.#password = this.#draw(32);
    const sealed = maskPassword(this.#options.identity.key, serial, used, this.#password);
    return { tenant: this.#tenant, device: this.#device, ...this.mqtt, user: this.#user, sealed };
  }

  /** @returns the code of the CONNACK */
  #connect(peer: MqttPeer, user: string, password: string): number {
    const recorded = this.#returnCodes.shift() ?? 0;
    const isRight = user === this.#user && password === this.#password && password !== "";
    const returnCode = isRight ? recorded : BAD_CREDENTIALS;
    this.#hear({ kind: "mqtt-connect", returnCode });
    if (returnCode !== 0) return returnCode;
    this.#session?.peer.close();
    this.#session = { peer, nonce: this.#draw(16), seal: null };
    return 0;
  }

  #begin(peer: MqttPeer): void {
    const session = this.#session;
    if (session?.peer !== peer) return;
    this.#options.onExchange?.({ kind: "mqtt", direction: "in", name: "session", record: {} });
    peer.publish(this.#topic("session"), encodeFields({ nonce: session.nonce }));
  }

  #take(peer: MqttPeer, topic: string, payload: string): void {
    const session = this.#session;
    if (session?.peer !== peer) return;
    const message = overhearMessage(topic, payload);
    const parsed = parseTopic(topic);
    const isOut = message.kind === "mqtt" && message.direction === "out" && parsed?.direction === "up";
    if (!isOut || !this.#isProven(session, message, payload)) {
      this.#remarks.add(`the trap said what it has not proven, on ${parsed?.name ?? "a foreign topic"}`);
      this.endConnection();
      return;
    }
    this.#hear(message);
    if (message.name === "event") this.#takeEvent(message.record);
    if (message.name !== "hello") return;
    const { boot, session: number } = message.record;
    const isWelcome = this.#isWelcomed[this.#hellos] ?? true;
    this.#hellos += 1;
    if (isWelcome) this.say("welcome", { boot: String(boot), session: Number(number) });
  }

  #isProven(session: Session, message: EntryOf<"mqtt"> & { direction: "out" }, payload: string): boolean {
    const { name, record } = message;
    if (name === "hello") {
      const hello = decodeHello(encodeFields(record));
      if (!hello.ok) return false;
      const device = { key: this.#options.identity.key, deviceId: this.#device };
      session.seal = createSealEnd("cloud", device, hello.value, session.nonce);
    }
    return session.seal?.open(name, payload) != null;
  }

  #takeEvent(record: RecordFields): void {
    const id = `${record.boot}/${record.seq}`;
    if (!this.#events.includes(id)) this.#events.push(id);
    const isAcknowledged = this.#isAcknowledged[this.#events.indexOf(id)] ?? true;
    if (isAcknowledged) this.say("ack", { boot: String(record.boot), seq: Number(record.seq) });
  }

  #leave(peer: MqttPeer, isPolite: boolean): void {
    if (this.#session?.peer !== peer) return;
    this.#session = null;
    this.#hear({ kind: "mqtt-end", by: isPolite ? "trap" : "cut" });
  }

  #hear(entry: RecordedEntry): void {
    this.heard.push(entry);
    this.#options.onExchange?.(entry);
  }

  #getDoors(): Doors {
    if (this.#doors === null) throw new Error("the simulated cloud was not started");
    return this.#doors;
  }

  #topic(name: DownName): string {
    return `tenant/${this.#tenant}/device/${this.#device}/down/${name}`;
  }

  #draw(bytes: number): string {
    return Buffer.from(this.#options.randomBytes(bytes)).toString("hex");
  }

  #drawUuid(): string {
    return this.#draw(16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }
}

/** For each hello of the recording, whether its session was welcomed. */
function listWelcomed({ entries }: Recording): boolean[] {
  const welcomed: boolean[] = [];
  for (const entry of entries) {
    if (entry.kind !== "mqtt") continue;
    if (entry.name === "hello") welcomed.push(false);
    if (entry.name === "welcome" && welcomed.length > 0) welcomed[welcomed.length - 1] = true;
  }
  return welcomed;
}

/** For each event of the recording in the order they were first said, whether it was ever acknowledged. */
function listAcknowledged({ entries }: Recording): boolean[] {
  const acknowledged = new Map<string, boolean>();
  for (const entry of entries) {
    if (entry.kind !== "mqtt" || (entry.name !== "event" && entry.name !== "ack")) continue;
    const id = `${entry.record.boot}/${entry.record.seq}`;
    if (entry.name === "ack" || !acknowledged.has(id)) acknowledged.set(id, entry.name === "ack");
  }
  return [...acknowledged.values()];
}
