// The rooms of accounts, claiming and devices behind one app, on a real database, with a clock that tests move, a log that tests read and
// a link that writes down what traps would be told.
import { randomBytes } from "node:crypto";
import { Writable } from "node:stream";
import { type Logger, pino } from "pino";
import type { DownMessage } from "#protocol";
import type { Person } from "../../../cloud/accounts/accounts.ts";
import {
  type AccountLimits,
  createFindAccount,
  registerAccountRoutes,
} from "../../../cloud/accounts/accounts-routes.ts";
import { createPasswords } from "../../../cloud/accounts/passwords.ts";
import type { ClaimCode, NearbyTrap } from "../../../cloud/claiming/claiming.ts";
import { createAuthenticateDevice } from "../../../cloud/claiming/claiming-ingest.ts";
import { type ClaimingLimits, registerClaimingRoutes } from "../../../cloud/claiming/claiming-routes.ts";
import { createSimClock, type SimClock } from "../../../cloud/clock.ts";
import type { Device, DeviceCommand } from "../../../cloud/devices/devices.ts";
import { registerDeviceRoutes } from "../../../cloud/devices/devices-routes.ts";
import { findDevice } from "../../../cloud/devices/queries/find-device.ts";
import { notifyDevice } from "../../../cloud/devices/queries/notify-device.ts";
import { releaseDevice } from "../../../cloud/devices/queries/release-device.ts";
import { type App, type AppDeps, createApp, type HttpServer } from "../../../cloud/http/app.ts";
import type { AuthenticateDevice, DeviceLink, DeviceScope } from "../../../cloud/mqtt/device-door.ts";
import { createTestDatabase, type TestAccess, type TestDatabase } from "../../support/postgres.ts";

export const FACTORY_TOKEN = "the-token-of-the-factory";
export const PASSWORD = "correct horse battery";
const PLENTY = { count: 1_000_000, windowMs: 60_000 };

export interface Rooms {
  app: App;
  http: HttpServer;
  database: TestDatabase;
  db: TestAccess;
  clock: SimClock;
  log: Logger;
  link: RecordingLink;
  sealKey: Uint8Array;
  authenticate: AuthenticateDevice;
  /** Every route of the rooms, as the framework was told of it. */
  routes: { method: string; url: string }[];
  /** Everything that was logged, as one text. */
  logText(): string;
  /** Ask; `as` is a bearer token. */
  ask(request: Ask): Promise<Answer>;
  /** A new tenant with its owner. */
  createOwner(): Promise<Owner>;
  stop(): Promise<void>;
}

export interface Ask {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  url: string;
  as?: string;
  body?: unknown;
  headers?: Record<string, string>;
  from?: string;
}

export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
  json: AnswerBody;
}

/** What one or the other route answers. A test knows which it asked, and asserts on what it reads. */
export interface AnswerBody {
  type: string;
  title: string;
  /** Of a problem a number, of a claim code a word. */
  status: number | string;
  /** Of a problem, or a claim code. */
  code: string;
  detail: string;
  errors: { field: string; message: string }[];
  user: Json<Person["user"]>;
  tenant: Json<Person["tenant"]>;
  role: string;
  token: string;
  expiresAt: string;
  device: Json<Device> & { registeredAt: string };
  devices: Json<Device>[];
  command: Json<DeviceCommand>;
  commands: Json<DeviceCommand>[];
  traps: Json<NearbyTrap>[];
  codes: Json<ClaimCode>[];
  display: string;
  deviceName: string;
}

/** A value after its way through JSON. */
export type Json<T> = T extends Date ? string : T extends object ? { [K in keyof T]: Json<T[K]> } : T;

export interface Owner {
  token: string;
  email: string;
  tenantId: string;
  userId: string;
}

export interface RecordingLink extends DeviceLink {
  sent: { device: DeviceScope; message: DownMessage }[];
  disconnected: DeviceScope[];
  /** What `send` does after writing down; nothing unless set. */
  onSend: () => Promise<void>;
}

function createRecordingLink(): RecordingLink {
  const link: RecordingLink = {
    sent: [],
    disconnected: [],
    onSend: async () => undefined,
    async send(device, message) {
      link.sent.push({ device, message });
      await link.onSend();
    },
    disconnect: (device) => void link.disconnected.push(device),
  };
  return link;
}

export interface RoomsOptions {
  accountLimits?: Partial<AccountLimits>;
  claimingLimits?: Partial<ClaimingLimits>;
  app?: Partial<AppDeps>;
  factoryToken?: string | null;
}

interface Shared {
  db: TestAccess;
  clock: SimClock;
  log: Logger;
  randomBytes: typeof randomBytes;
  link: RecordingLink;
  sealKey: Uint8Array;
}

function createLog(lines: string[]): Logger {
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk));
      done();
    },
  });
  return pino({ level: "trace" }, sink);
}

function listRegistrations(shared: Shared, options: RoomsOptions): AppDeps["register"] {
  const { accountLimits, claimingLimits, factoryToken = FACTORY_TOKEN } = options;
  return [
    (app) =>
      registerAccountRoutes(app, {
        ...shared,
        passwords: createPasswords({ memoryKib: 8, passes: 1, lanes: 1 }),
        limits: { registrationsPerAddress: PLENTY, ...accountLimits },
      }),
    (app) =>
      registerClaimingRoutes(app, {
        ...shared,
        factoryToken,
        devices: { findDevice, notifyDevice, releaseDevice },
        getBroker: () => ({ host: "broker.example", port: 1883 }),
        limits: { challengesPerAddress: PLENTY, ...claimingLimits },
      }),
    (app) => registerDeviceRoutes(app, shared),
    ...(options.app?.register ?? []),
  ];
}

/** Writes every route down that is registered after it. */
function watchRoutes(routes: Rooms["routes"]): (app: App) => void {
  return (app) =>
    void app.addHook("onRoute", ({ method, url }) => {
      for (const one of [method].flat()) if (one !== "HEAD") routes.push({ method: one, url });
    });
}

export async function createRooms(options: RoomsOptions = {}): Promise<Rooms> {
  const database = await createTestDatabase();
  const clock = createSimClock(new Date("2026-06-01T12:00:00Z"));
  const lines: string[] = [];
  const log = createLog(lines);
  const link = createRecordingLink();
  const sealKey = randomBytes(32);
  const shared = { db: database.db, clock, log, randomBytes, link, sealKey };
  const routes: Rooms["routes"] = [];
  const http = await createApp({
    log,
    clock,
    findAccount: createFindAccount(shared),
    ...options.app,
    register: [watchRoutes(routes), ...listRegistrations(shared, options)],
  });
  const ask = createAsk(http.app);
  return {
    app: http.app,
    http,
    database,
    db: database.db,
    clock,
    log,
    link,
    sealKey,
    authenticate: createAuthenticateDevice(shared),
    routes,
    logText: () => lines.join(""),
    ask,
    createOwner: () => createOwner(ask),
    async stop() {
      await http.stop();
      await database.stop();
    },
  };
}

export function createAsk(app: App) {
  return async (request: Ask): Promise<Answer> => {
    const isRaw = typeof request.body === "string" || Buffer.isBuffer(request.body);
    const answer = await app.inject({
      method: request.method ?? (request.body === undefined ? "GET" : "POST"),
      url: request.url,
      remoteAddress: request.from ?? "127.0.0.1",
      headers: {
        ...(request.as === undefined ? {} : { authorization: `Bearer ${request.as}` }),
        ...(request.body === undefined ? {} : { "content-type": "application/json" }),
        ...request.headers,
      },
      ...(request.body === undefined
        ? {}
        : { payload: isRaw ? (request.body as string | Buffer) : JSON.stringify(request.body) }),
    });
    const isJson = String(answer.headers["content-type"] ?? "").includes("json");
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.body,
      json: isJson && answer.body !== "" ? JSON.parse(answer.body) : {},
    };
  };
}

let owners = 0;

async function createOwner(ask: Rooms["ask"]): Promise<Owner> {
  owners += 1;
  const email = `owner${owners}@example.com`;
  const body = { tenantName: `Tenant ${owners}`, email, password: PASSWORD };
  const answer = await ask({ url: "/api/v1/register", body });
  if (answer.status !== 201) throw new Error(`registering answered ${answer.text}`);
  return { token: answer.json.token, email, tenantId: answer.json.tenant.id, userId: answer.json.user.id };
}
