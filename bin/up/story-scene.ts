// Owns what every step of the story has at hand: the public doors it acts and sees through (the API, the trap's button and plunger, the
// serial console), and the thread from one step to the next. No step knows a part's inside.
import { type ApiClient, ApiError } from "./api-client.ts";
import type { StoryFirmware } from "./firmware.ts";
import type { Facts, Reporter } from "./reporter.ts";
import type { Sighting, Witness } from "./witness.ts";

/** The humane limit from spring to notice, and ours. */
export const HUMANE_LIMIT_MS = 30_000;

/** The hands on the trap. */
export interface TrapHands {
  serialNumber: string;
  setPlunger(): void;
  spring(): void;
  pressButton(ms: number): void;
  /** An order of the console grammar, typed over the cable. */
  typeCommand(line: string): void;
}

export interface StoryParts {
  api: ApiClient;
  witness: Witness;
  hands: TrapHands;
  reporter: Reporter;
  /** What the trap was flashed with. */
  flashed: StoryFirmware;
  /** Of the network around the trap. */
  wifi: { ssid: string; password: string };
  /** The one it is offered later. */
  next: StoryFirmware;
  account: { email: string; password: string };
  /** Called with the session's token as soon as there is one. */
  onSession(token: string): void;
  now(): number;
  /** When the trap was given power, on that clock. */
  poweredAt: number;
}

export interface DeviceDto {
  id: string;
  name: string;
  serialNumber: string;
  online: boolean;
  trapState: string | null;
  firmwareVersion: string | null;
  firmwareSha256: string | null;
}

export interface Done {
  /** Milliseconds from the cause to its sight. */
  ms: number;
  facts: Facts;
  words: string;
}

/** A claimed device as a person sees it, under way through the story. */
export interface Thread {
  device: DeviceDto | null;
  /** Where the spring begins among the sightings, and when it was, in milliseconds of the story's clock. */
  springFrom: number;
  snapAt: number;
  snapToNoticeMs: number | null;
  alertId: string;
  updateId: string;
  updateFrom: number;
}

export const short = (sha256: string): string => sha256.slice(0, 12);

/** The first digits of a fingerprint, as people read numbers to each other. */
export const shortKey = (signedBy: string): string => `${signedBy.slice(0, 4)} ${signedBy.slice(4, 8)}`;

export function fromTrap(name: string, fields: Record<string, string> = {}) {
  return (s: Sighting): boolean =>
    s.source === "trap" && s.name === name && Object.entries(fields).every(([key, value]) => s.data[key] === value);
}

export function fromCloud(name: string, is: (data: Record<string, unknown>) => boolean) {
  return (s: Sighting): boolean => s.source === "cloud" && s.name === name && is(s.data);
}

export type Step = { name: string; boundMs: number; run: () => Promise<Done> };

/** The account of the story: made at the first start, logged in to at later ones. */
export async function signIn(parts: StoryParts): Promise<string> {
  const { email, password } = parts.account;
  try {
    const made = await parts.api.post<{ token: string }>("/api/v1/register", {
      tenantName: "My household",
      email,
      password,
    });
    return made.token;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 409) throw error;
  }
  return (await parts.api.post<{ token: string }>("/api/v1/login", { email, password })).token;
}

/** What an earlier story left: the trap it claimed is let go, so that this one can be claimed anew. */
export async function releaseEarlier(parts: StoryParts): Promise<void> {
  const { devices } = await parts.api.get<{ devices: DeviceDto[] }>("/api/v1/devices");
  for (const device of devices.filter((d) => d.serialNumber === parts.hands.serialNumber)) {
    await parts.api.post(`/api/v1/devices/${device.id}/release`);
    parts.reporter.remark(`released the trap of an earlier start (${device.name})`);
  }
}

/** What a step may use. */
export interface Scene extends Pick<StoryParts, "api" | "hands" | "flashed" | "now" | "wifi" | "next" | "poweredAt"> {
  thread: Thread;
  mark: Witness["mark"];
  see: Witness["see"];
  /** @throws Error before one was claimed */
  device(): DeviceDto;
  ofDevice(data: Record<string, unknown>): boolean;
  readDevice(): Promise<DeviceDto>;
}

export function createScene(parts: StoryParts, thread: Thread): Scene {
  const { api, hands, flashed, now, wifi, next, poweredAt, witness } = parts;
  const device = (): DeviceDto => {
    if (!thread.device) throw new Error("no device was claimed");
    return thread.device;
  };
  return {
    ...{ api, hands, flashed, now, wifi, next, poweredAt, thread, device },
    mark: () => witness.mark(),
    see: (from, what, withinMs, is) => witness.see(from, what, withinMs, is),
    ofDevice: (data) => data.deviceId === device().id,
    readDevice: async () => (await api.get<{ device: DeviceDto }>(`/api/v1/devices/${device().id}`)).device,
  };
}
