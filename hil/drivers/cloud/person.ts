// Owns a person with an account at the cloud: what one can ask of it by its public HTTP, and what one sees on the live stream, with times.
// It believes nothing that was not told from outside.
import type { Clock } from "../../clock.ts";
import { ApiError, type createApiClient, type StreamMessage } from "./api-client.ts";

export interface DeviceDto {
  id: string;
  name: string;
  serialNumber: string | null;
  online: boolean;
  trapState: string | null;
  firmwareVersion: string | null;
  firmwareSha256: string | null;
  config: { revision: number; reported: Settings | null };
}

export interface Settings {
  telemetryS: number;
  confirmMs: number;
  armDelayMs: number;
  buzzer: boolean;
}

export interface AlertDto {
  id: string;
  deviceId: string;
  type: string;
  status: "new" | "acknowledged" | "resolved";
  severity: string;
  message: string | null;
  eventId: string | null;
}

export interface EventDto {
  id: string;
  kind: string;
  value: number;
  bootId: string;
  sequence: number;
  exact: boolean;
  ageMs: number;
  receivedAt: string;
  occurredEarliest: string;
  occurredLatest: string;
}

export interface CommandDto {
  id: number;
  command: string;
  answeredAt: string | null;
  /** Of the contract; null until answered. */
  code: number | null;
}

export interface UpdateDto {
  id: string;
  status: string;
  code: number | null;
}

export interface FirmwareDto {
  id: string;
  version: string;
  counter: number;
  sha256: string;
}

export interface NearbyDto {
  serialNumber: string;
  expiresAt: string;
}

/** A message of the live stream as it was seen. */
export interface Notice extends StreamMessage {
  /** On the bench's clock, in milliseconds. */
  at: number;
}

export interface PersonOptions {
  api: ReturnType<typeof createApiClient>;
  account: { email: string; password: string; tenantName: string };
  clock: Clock;
  onNotice?(notice: Notice): void;
}

export type CommandWord = "identify" | "reboot" | "silence";

export interface Person {
  readonly email: string;
  register(): Promise<void>;
  login(): Promise<void>;
  /** Follow the live stream from now on, again and again where it breaks; resolves once it is open. */
  follow(): Promise<void>;
  /** Place in what was seen so far. */
  mark(): number;
  /** The first notice from there on that fits. */
  find(from: number, event: string, fits: (data: Record<string, unknown>) => boolean): Notice | undefined;
  /** All of them. */
  list(from: number, event: string, fits: (data: Record<string, unknown>) => boolean): Notice[];
  /** What was seen last, for messages. */
  lastSeen(): string[];
  claimNearby(serialNumber: string, name: string): Promise<DeviceDto>;
  /** The trap with this serial number, if it can be claimed just now. */
  findNearby(serialNumber: string): Promise<NearbyDto | undefined>;
  createClaimCode(deviceName: string): Promise<string>;
  listDevices(): Promise<DeviceDto[]>;
  /** Undefined where the account has none of this id. */
  findDevice(id: string): Promise<DeviceDto | undefined>;
  listEvents(id: string): Promise<EventDto[]>;
  listAlerts(id: string): Promise<AlertDto[]>;
  acknowledge(alertId: string): Promise<void>;
  resolve(alertId: string): Promise<void>;
  command(id: string, word: CommandWord): Promise<CommandDto>;
  listCommands(id: string): Promise<CommandDto[]>;
  configure(id: string, settings: Settings): Promise<DeviceDto>;
  release(id: string): Promise<void>;
  /** The trap's password is void from now on; it fetches the next by itself. */
  rotateCredentials(id: string): Promise<void>;
  publishFirmware(signedFile: Uint8Array): Promise<FirmwareDto>;
  offerUpdate(id: string, firmwareId: string): Promise<UpdateDto>;
  listUpdates(id: string): Promise<UpdateDto[]>;
  /** End the live stream. */
  close(): void;
}

const NOTICES_KEPT = 5_000;
const FOLLOW_AGAIN_MS = 100;
const NOT_FOUND = 404;

class AccountPerson implements Person {
  readonly #options: PersonOptions;
  readonly #notices: Notice[] = [];
  #dropped = 0;
  #stream: { stop(): void } | undefined;
  #forgetAgain = (): void => undefined;
  #isClosed = false;

  constructor(options: PersonOptions) {
    this.#options = options;
  }

  get email(): string {
    return this.#options.account.email;
  }

  async register(): Promise<void> {
    const { api, account } = this.#options;
    api.useToken((await api.ask<{ token: string }>("POST", "/api/v1/register", account)).token);
  }

  async login(): Promise<void> {
    const { api, account } = this.#options;
    const { email, password } = account;
    api.useToken((await api.ask<{ token: string }>("POST", "/api/v1/login", { email, password })).token);
  }

  async follow(): Promise<void> {
    this.#stream?.stop();
    const stream = await this.#options.api.follow(
      (message) => this.#keep(message),
      () => this.#followAgain(),
    );
    if (this.#isClosed) stream.stop();
    this.#stream = stream;
  }

  mark(): number {
    return this.#notices.length + this.#dropped;
  }

  find(from: number, event: string, fits: (data: Record<string, unknown>) => boolean): Notice | undefined {
    return this.list(from, event, fits)[0];
  }

  list(from: number, event: string, fits: (data: Record<string, unknown>) => boolean): Notice[] {
    const seen = this.#notices.slice(Math.max(0, from - this.#dropped));
    return seen.filter((notice) => notice.event === event && fits(notice.data));
  }

  lastSeen(): string[] {
    const told = this.#notices.slice(-6).map(({ event, data }) => `${event} ${JSON.stringify(data).slice(0, 160)}`);
    return told.length > 0 ? told : ["nothing on the live stream"];
  }

  async claimNearby(serialNumber: string, name: string): Promise<DeviceDto> {
    const body = { serialNumber, name };
    return (await this.#ask<{ device: DeviceDto }>("POST", "/api/v1/claiming/claims", body)).device;
  }

  async findNearby(serialNumber: string): Promise<NearbyDto | undefined> {
    const path = `/api/v1/claiming/nearby?serialNumber=${encodeURIComponent(serialNumber)}`;
    return (await this.#ask<{ traps: NearbyDto[] }>("GET", path)).traps[0];
  }

  async createClaimCode(deviceName: string): Promise<string> {
    return (await this.#ask<{ code: string }>("POST", "/api/v1/claim-codes", { deviceName })).code;
  }

  async listDevices(): Promise<DeviceDto[]> {
    return (await this.#ask<{ devices: DeviceDto[] }>("GET", "/api/v1/devices")).devices;
  }

  async findDevice(id: string): Promise<DeviceDto | undefined> {
    try {
      return (await this.#ask<{ device: DeviceDto }>("GET", `/api/v1/devices/${id}`)).device;
    } catch (error) {
      if (error instanceof ApiError && error.status === NOT_FOUND) return undefined;
      throw error;
    }
  }

  async listEvents(id: string): Promise<EventDto[]> {
    return (await this.#ask<{ events: EventDto[] }>("GET", `/api/v1/devices/${id}/events?limit=500`)).events;
  }

  async listAlerts(id: string): Promise<AlertDto[]> {
    const { alerts } = await this.#ask<{ alerts: AlertDto[] }>("GET", "/api/v1/alerts?limit=1000");
    return alerts.filter((alert) => alert.deviceId === id);
  }

  async acknowledge(alertId: string): Promise<void> {
    await this.#ask("POST", `/api/v1/alerts/${alertId}/acknowledge`);
  }

  async resolve(alertId: string): Promise<void> {
    await this.#ask("POST", `/api/v1/alerts/${alertId}/resolve`);
  }

  async command(id: string, command: CommandWord): Promise<CommandDto> {
    return (await this.#ask<{ command: CommandDto }>("POST", `/api/v1/devices/${id}/commands`, { command })).command;
  }

  async listCommands(id: string): Promise<CommandDto[]> {
    return (await this.#ask<{ commands: CommandDto[] }>("GET", `/api/v1/devices/${id}/commands`)).commands;
  }

  async configure(id: string, settings: Settings): Promise<DeviceDto> {
    return (await this.#ask<{ device: DeviceDto }>("PUT", `/api/v1/devices/${id}/config`, settings)).device;
  }

  async release(id: string): Promise<void> {
    await this.#ask("POST", `/api/v1/devices/${id}/release`);
  }

  async rotateCredentials(id: string): Promise<void> {
    await this.#ask("POST", `/api/v1/devices/${id}/credentials`);
  }

  async publishFirmware(signedFile: Uint8Array): Promise<FirmwareDto> {
    return (await this.#options.api.postBytes<{ firmware: FirmwareDto }>("/api/v1/firmware", signedFile)).firmware;
  }

  async offerUpdate(id: string, firmwareId: string): Promise<UpdateDto> {
    return (await this.#ask<{ update: UpdateDto }>("POST", `/api/v1/devices/${id}/updates`, { firmwareId })).update;
  }

  async listUpdates(id: string): Promise<UpdateDto[]> {
    return (await this.#ask<{ updates: UpdateDto[] }>("GET", `/api/v1/devices/${id}/updates`)).updates;
  }

  close(): void {
    this.#isClosed = true;
    this.#forgetAgain();
    this.#stream?.stop();
  }

  #ask<T>(method: "GET" | "POST" | "PUT", path: string, body?: unknown): Promise<T> {
    return this.#options.api.ask<T>(method, path, body);
  }

  #keep(message: StreamMessage): void {
    const notice = { ...message, at: this.#options.clock.now() };
    this.#notices.push(notice);
    if (this.#notices.length > NOTICES_KEPT) {
      this.#notices.shift();
      this.#dropped += 1;
    }
    this.#options.onNotice?.(notice);
  }

  #followAgain(): void {
    if (this.#isClosed) return;
    this.#forgetAgain = this.#options.clock.setTimer(FOLLOW_AGAIN_MS, () => {
      this.follow().catch(() => this.#followAgain());
    });
  }
}

export function createPerson(options: PersonOptions): Person {
  return new AccountPerson(options);
}
