// A whole cloud on a database of its own, composed as the program composes it, on free ports: what a person's program and a trap see of
// it, and what lies in its tables.
import { randomBytes } from "node:crypto";
import { Writable } from "node:stream";
import { pino } from "pino";
import type { TrapKind } from "#protocol";
import type { Alert } from "../../cloud/alerts/alerts.ts";
import { sealKey } from "../../cloud/claiming/key-seal.ts";
import { hashPassword } from "../../cloud/claiming/proofs.ts";
import { type Cloud, type CloudOptions, createCloud } from "../../cloud/compose.ts";
import { type Config, RETENTION } from "../../cloud/config.ts";
import type { KeptEvent } from "../../cloud/events/events.ts";
import type { Firmware, Update } from "../../cloud/updates/updates.ts";
import type { Json, AnswerBody as RoomsAnswerBody } from "../cloud/http/rooms.ts";
import { eventually } from "./eventually.ts";
import type { DeviceCredentials } from "./mqtt.ts";
import { createTestDatabase, type TestAccess, type TestDatabase } from "./postgres.ts";
import { SIGNERS } from "./signed-firmware.ts";

export const FACTORY_TOKEN = "the-token-of-the-factory";
/** Under which the clouds of the tests keep the keys of traps. */
export const SEAL_KEY = "5e".repeat(32);
const PASSWORD = "correct horse battery";
const PLENTY = { count: 1_000_000, windowMs: 60_000 };

export interface TestCloud {
  /** Of the present start. */
  httpAddress: string;
  mqttPort: number;
  database: TestDatabase;
  /** Pools of the test's own. */
  db: TestAccess;
  refusals(): Record<string, number>;
  /** Everything that was logged, as one text. */
  logText(): string;
  ask(request: Ask): Promise<Answer>;
  createOwner(): Promise<Owner>;
  /** A claimed trap that has used its credentials, put into the tables without the way there. */
  createDevice(owner: Owner, options?: { kind?: TrapKind; name?: string }): Promise<DeviceCredentials>;
  follow(token: string): Promise<Follower>;
  /** Stop the program; database and ports stay. */
  stopCloud(): Promise<void>;
  startCloud(change?: Partial<TestCloudOptions>): Promise<void>;
  stop(): Promise<void>;
}

export type TestCloudOptions = Omit<CloudOptions, "config" | "log"> & { config?: Partial<Config> };

export interface Ask {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  url: string;
  /** A bearer token. */
  as?: string;
  /** Bytes go as they are, everything else as JSON. */
  body?: unknown;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  text: string;
  json: AnswerBody;
}

/** What one or the other route answers, those of the other rooms' tests included. */
export interface AnswerBody extends RoomsAnswerBody {
  event: Json<KeptEvent>;
  events: Json<KeptEvent>[];
  next: string | null;
  alert: Json<Alert>;
  alerts: Json<Alert>[];
  firmware: Json<Firmware>;
  versions: Json<Firmware>[];
  update: Json<Update>;
  updates: Json<Update>[];
}

/** The item at this place of a list; a test that finds none fails here. */
export function itemAt<T>(items: readonly T[], place = 0): T {
  const item = items[place];
  if (item === undefined) throw new Error(`there is no item ${place} among ${items.length}`);
  return item;
}

export interface Owner {
  token: string;
  tenantId: string;
  userId: string;
  email: string;
}

/** @param given a database of the test's own making, migrated; it is stopped with the cloud */
export async function createTestCloud(options: TestCloudOptions = {}, given?: TestDatabase): Promise<TestCloud> {
  const database = given ?? (await createTestDatabase());
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  let cloud: Cloud | null = null;
  const start = async (change: Partial<TestCloudOptions>) => {
    const ports = { httpPort: portOf(running.httpAddress), mqttPort: running.mqttPort };
    cloud = await createCloud(createOptions(database.url, sink, ports, { ...options, ...change }));
    running.httpAddress = cloud.httpAddress;
    running.mqttPort = cloud.mqttAddress.port;
  };
  const ask = (request: Ask) => sendRequest(running.httpAddress, request);
  const running: TestCloud = {
    httpAddress: "http://127.0.0.1:0",
    mqttPort: 0,
    database,
    db: database.db,
    refusals: () => cloud?.refusals() ?? {},
    logText: () => lines.join(""),
    ask,
    createOwner: () => createOwner(ask),
    createDevice: (owner, given = {}) => insertDevice(database.db, owner, given),
    follow: (token) => followStream(running.httpAddress, token),
    async stopCloud() {
      await cloud?.stop();
      cloud = null;
    },
    startCloud: (change = {}) => start(change),
    async stop() {
      await cloud?.stop();
      await database.stop();
    },
  };
  try {
    await start({});
  } catch (error) {
    await database.stop();
    throw error;
  }
  return running;
}

function portOf(address: string): number {
  return Number(new URL(address).port);
}

function createOptions(
  databaseUrl: string,
  sink: Writable,
  ports: Pick<Config, "httpPort" | "mqttPort">,
  options: TestCloudOptions,
): CloudOptions {
  const { config, ...rest } = options;
  return {
    passwordCost: { memoryKib: 8, passes: 1, lanes: 1 },
    ...rest,
    log: pino({ level: "debug" }, sink),
    limits: {
      ...rest.limits,
      accounts: { registrationsPerAddress: PLENTY, ...rest.limits?.accounts },
      claiming: { challengesPerAddress: PLENTY, ...rest.limits?.claiming },
    },
    config: {
      databaseUrl,
      databaseUrls: null,
      databasePoolMax: 12,
      httpHost: "127.0.0.1",
      mqttHost: "127.0.0.1",
      ...ports,
      publicMqttHost: null,
      publicMqttPort: null,
      factoryToken: FACTORY_TOKEN,
      firmwareKeys: [SIGNERS.first],
      sealKey: SEAL_KEY,
      trustProxy: [],
      frameAncestors: [],
      retention: RETENTION,
      logLevel: "debug",
      ...config,
    },
  };
}

/** Ask any cloud, by its address. */
export async function sendRequest(base: string, { method, url, as, body }: Ask): Promise<Answer> {
  const isBytes = body instanceof Uint8Array;
  const type = isBytes ? "application/octet-stream" : "application/json";
  const response = await fetch(base + url, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: {
      ...(as === undefined ? {} : { authorization: `Bearer ${as}` }),
      ...(body === undefined ? {} : { "content-type": type }),
    },
    body: isBytes ? body : typeof body === "string" || body === undefined ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = (response.headers.get("content-type") ?? "").includes("json");
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    text,
    json: JSON.parse(isJson && text !== "" ? text : "{}"),
  };
}

let owners = 0;

async function createOwner(ask: TestCloud["ask"]): Promise<Owner> {
  owners += 1;
  const email = `owner${owners}@example.com`;
  const body = { tenantName: `Tenant ${owners}`, email, password: PASSWORD };
  const answer = await ask({ url: "/api/v1/register", body });
  if (answer.status !== 201) throw new Error(`registering answered ${answer.text}`);
  return { token: answer.json.token, email, tenantId: answer.json.tenant.id, userId: answer.json.user.id };
}

let devices = 0;

/** A claimed trap that has used its credentials, put into the tables of any cloud whose seal key is SEAL_KEY. */
export async function insertDevice(
  db: TestAccess,
  owner: Pick<Owner, "tenantId">,
  options: { kind?: TrapKind; name?: string },
): Promise<DeviceCredentials> {
  devices += 1;
  const password = randomBytes(32).toString("hex");
  const credential = randomBytes(16).toString("hex");
  const credentialId = credential.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  const serialNumber = `TL-CLOUD-${devices}`;
  const macAddress = `24:0a:c4:ff:${(devices >> 8).toString(16).padStart(2, "0")}:${(devices & 255).toString(16).padStart(2, "0")}`;
  const key = await insertIdentity(db, { serialNumber, macAddress, kind: options.kind ?? "snap" });
  const row = await db.kysely
    .insertInto("devices")
    .values({
      tenant_id: owner.tenantId,
      name: options.name ?? "Kitchen",
      kind: options.kind ?? "snap",
      mac_address: macAddress,
      serial_number: serialNumber,
      mqtt_client_id: credentialId,
      mqtt_username: credentialId,
      mqtt_password: hashPassword(password),
      claimed_at: new Date(Date.UTC(2026, 0, 1)),
      credentials_confirmed_at: new Date(Date.UTC(2026, 0, 1)),
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return { tenantId: owner.tenantId, deviceId: row.id, credentialId, password, key };
}

/** As a flashing host would have registered it. @returns the key, hexadecimal */
export async function insertIdentity(
  db: TestAccess,
  trap: { serialNumber: string; macAddress: string; kind: TrapKind },
): Promise<string> {
  const key = randomBytes(32);
  const { serialNumber, macAddress, kind } = trap;
  const key_sealed = sealKey(Buffer.from(SEAL_KEY, "hex"), serialNumber, key, randomBytes(12));
  const row = { serial_number: serialNumber, mac_address: macAddress, key_sealed, hardware: "esp32-devkit", kind };
  await db.kysely.insertInto("device_identities").values(row).execute();
  return key.toString("hex");
}

export interface StreamEvent {
  type: string;
  data: NoticeData;
}

/** Fields of one or the other notice, as tests read them. */
export interface NoticeData {
  id: string;
  deviceId: string;
  kind: string;
  status: string;
  sequence: number;
  online: boolean;
  trapState: string | null;
  firmwareSha256: string | null;
  releasedAt: string | null;
  code: number | null;
  counter: number;
  signedBy: string;
  received: number;
}

/** A person's program on the live stream. */
export interface Follower {
  /** All that was told so far, in order, heartbeats apart. */
  events: StreamEvent[];
  isEnded(): boolean;
  /** The first that was told, or will be within two seconds, of this type and fit. */
  see(type: string, isFit?: (data: StreamEvent["data"]) => boolean): Promise<StreamEvent["data"]>;
  stop(): void;
}

async function followStream(base: string, token: string): Promise<Follower> {
  const abort = new AbortController();
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${base}/api/v1/stream`, { headers, signal: abort.signal });
  if (response.status !== 200 || response.body === null) throw new Error(`the stream answered ${response.status}`);
  const events: StreamEvent[] = [];
  let isEnded = false;
  void collect(response.body, events).finally(() => {
    isEnded = true;
  });
  const follower: Follower = {
    events,
    isEnded: () => isEnded,
    async see(type, isFit = () => true) {
      const found = await eventually(() => events.find((one) => one.type === type && isFit(one.data)), {
        withinMs: 2_000,
        because: `the stream tells a fitting ${type}; it told ${JSON.stringify(events.map((one) => one.type))}`,
      });
      return found.data;
    },
    stop: () => abort.abort(),
  };
  await follower.see("ready");
  return follower;
}

async function collect(body: ReadableStream<Uint8Array>, events: StreamEvent[]): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const piece of body) {
      rest += decoder.decode(piece, { stream: true });
      const blocks = rest.split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const match = /^event: (.*)\ndata: (.*)$/.exec(block);
        if (match) events.push({ type: match[1] ?? "", data: JSON.parse(match[2] ?? "{}") });
      }
    }
  } catch {
    rest = ""; // cut by this end or the other: it is over either way
  }
}
