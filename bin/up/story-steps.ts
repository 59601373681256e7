// Owns the steps of the story: one trap from its boot to a proven update, each done through a public door (the API, the trap's button
// and plunger, the serial console) and told when it was seen there. It knows no part's inside; in which order and within which bounds
// the steps are told is story.ts.
import { type ApiClient, ApiError } from "./api-client.ts";
import type { Facts, Reporter } from "./reporter.ts";
import type { Sighting, Witness } from "./witness.ts";

/** The humane limit from spring to notice, and ours. */
export const HUMANE_LIMIT_MS = 30_000;
const NOTICE_BOUND_MS = 1_000;

/** The hands on the trap. */
export interface TrapHands {
  serialNumber: string;
  setPlunger(): void;
  spring(): void;
  pressButton(ms: number): void;
  /** An order of the console grammar, typed over the cable. */
  typeCommand(line: string): void;
}

export interface BuiltBundle {
  version: string;
  sha256: string;
  size: number;
  bytes: Uint8Array;
}

export interface StoryParts {
  api: ApiClient;
  witness: Witness;
  hands: TrapHands;
  reporter: Reporter;
  /** The bundle the trap was flashed with. */
  flashed: BuiltBundle;
  /** Of the network around the trap. */
  wifi: { ssid: string; password: string };
  /** Build the next one. */
  buildNext(): Promise<BuiltBundle>;
  account: { email: string; password: string };
  /** Called with the session's token as soon as there is one. */
  onSession(token: string): void;
  now(): number;
}

interface DeviceDto {
  id: string;
  name: string;
  serialNumber: string;
  online: boolean;
  trapState: string | null;
  firmwareVersion: string | null;
  firmwareSha256: string | null;
}

interface Done {
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
  next: BuiltBundle | null;
}

const short = (sha256: string): string => sha256.slice(0, 12);

function fromTrap(name: string, fields: Record<string, string> = {}) {
  return (s: Sighting): boolean =>
    s.source === "trap" && s.name === name && Object.entries(fields).every(([key, value]) => s.data[key] === value);
}

function fromCloud(name: string, is: (data: Record<string, unknown>) => boolean) {
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

/** The steps from the boot of the trap to the proven update, in order. Each may rely on those before it. */
export function stepsOf(parts: StoryParts, thread: Thread): Step[] {
  const { api, witness, hands, flashed, now } = parts;
  const see = (from: number, what: string, boundMs: number, is: (s: Sighting) => boolean) =>
    witness.see(from, what, boundMs, is);
  const device = (): DeviceDto => {
    if (!thread.device) throw new Error("no device was claimed");
    return thread.device;
  };
  const ofDevice = (data: Record<string, unknown>): boolean => data.deviceId === device().id;
  const readDevice = async (): Promise<DeviceDto> =>
    (await api.get<{ device: DeviceDto }>(`/api/v1/devices/${device().id}`)).device;

  return [
    {
      name: "trap-booted",
      boundMs: 5_000,
      async run() {
        const t0 = now();
        const seen = await see(0, "the trap to print that it booted", 5_000, fromTrap("boot"));
        const running = String(seen.data.sha256);
        if (running !== flashed.sha256) throw new Error(`the trap runs ${running}, flashed was ${flashed.sha256}`);
        hands.typeCommand(`wifi ssid="${parts.wifi.ssid}" pass="${parts.wifi.password}"`);
        return {
          ms: Math.max(0, seen.at - t0),
          facts: {
            serial: hands.serialNumber,
            version: flashed.version,
            sha256: flashed.sha256,
            runningSha256: running,
          },
          words: `${hands.serialNumber} runs ${flashed.version}, sha256 ${short(running)}, the bytes of the bundle`,
        };
      },
    },
    {
      name: "claiming-window",
      boundMs: 10_000,
      async run() {
        const from = witness.mark();
        const t0 = now();
        hands.pressButton(3_200);
        await see(
          from,
          "the trap to say that its claiming window is open",
          10_000,
          fromTrap("claim", { status: "open" }),
        );
        const { traps } = await api.get<{ traps: { serialNumber: string; expiresAt: string }[] }>(
          "/api/v1/claiming/nearby",
        );
        const near = traps.find((t) => t.serialNumber === hands.serialNumber);
        if (!near) throw new Error("the cloud lists no trap in claiming mode near this address");
        return {
          ms: now() - t0,
          facts: { expiresAt: near.expiresAt },
          words: `button held 3 s; the cloud shows it nearby for ten minutes`,
        };
      },
    },
    {
      name: "claimed",
      boundMs: 3_000,
      async run() {
        const t0 = now();
        const claimed = await api.post<{ device: DeviceDto }>("/api/v1/claiming/claims", {
          serialNumber: hands.serialNumber,
          name: "Kitchen",
        });
        thread.device = claimed.device;
        return {
          ms: now() - t0,
          facts: { deviceId: claimed.device.id },
          words: `it is ours and is called ${claimed.device.name}`,
        };
      },
    },
    {
      name: "credentials",
      boundMs: 10_000,
      async run() {
        const t0 = now();
        const seen = await see(
          0,
          "the trap to pick up its credentials",
          10_000,
          fromTrap("claim", { status: "ready" }),
        );
        return {
          ms: Math.max(0, seen.at - t0),
          facts: {},
          words: "picked up by the trap, with a proof only it can give",
        };
      },
    },
    {
      name: "online",
      boundMs: 10_000,
      async run() {
        const t0 = now();
        const seen = await see(
          0,
          "the cloud to see the trap online",
          10_000,
          fromCloud("device", (d) => d.id === device().id && d.online === true),
        );
        const read = await readDevice();
        if (read.firmwareSha256 !== flashed.sha256) {
          throw new Error(`the trap reports ${read.firmwareSha256}, the bundle is ${flashed.sha256}`);
        }
        return {
          ms: Math.max(0, seen.at - t0),
          facts: { bundleSha256: flashed.sha256, runningSha256: String(read.firmwareSha256) },
          words: `reports ${read.firmwareVersion}, sha256 ${short(String(read.firmwareSha256))}, equal to the bundle`,
        };
      },
    },
    {
      name: "sprung",
      boundMs: NOTICE_BOUND_MS,
      async run() {
        hands.setPlunger();
        await see(0, "the trap to be armed", 15_000, fromTrap("trap", { state: "armed" }));
        thread.springFrom = witness.mark();
        thread.snapAt = now();
        hands.spring();
        const seen = await see(
          thread.springFrom,
          "the trap to say it has sprung",
          5_000,
          fromTrap("trap", { state: "sprung" }),
        );
        return { ms: seen.at - thread.snapAt, facts: {}, words: "armed, then the plunger was released" };
      },
    },
    {
      name: "alert",
      boundMs: NOTICE_BOUND_MS,
      async run() {
        const seen = await see(
          thread.springFrom,
          "the alert on the live stream",
          HUMANE_LIMIT_MS,
          fromCloud("alert", (d) => ofDevice(d) && d.status === "new"),
        );
        thread.alertId = String(seen.data.id);
        thread.snapToNoticeMs = seen.at - thread.snapAt;
        return {
          ms: thread.snapToNoticeMs,
          facts: { alertId: thread.alertId, severity: String(seen.data.severity) },
          words: `${seen.data.severity}: ${seen.data.message}`,
        };
      },
    },
    {
      name: "acknowledged",
      boundMs: 3_000,
      async run() {
        const from = witness.mark();
        const t0 = now();
        await api.post(`/api/v1/alerts/${thread.alertId}/acknowledge`);
        const seen = await see(
          from,
          "the acknowledgement on the live stream",
          3_000,
          fromCloud("alert", (d) => d.id === thread.alertId && d.status === "acknowledged"),
        );
        return { ms: seen.at - t0, facts: {}, words: "the person is on the way" };
      },
    },
    {
      name: "rearmed",
      boundMs: 15_000,
      async run() {
        const from = witness.mark();
        const t0 = now();
        hands.setPlunger();
        hands.pressButton(200);
        const seen = await see(
          from,
          "the rearming on the live stream",
          15_000,
          fromCloud("event", (d) => ofDevice(d) && d.kind === "rearmed"),
        );
        return { ms: seen.at - t0, facts: {}, words: "plunger set, button pressed" };
      },
    },
    {
      name: "resolved",
      boundMs: 3_000,
      async run() {
        const from = witness.mark();
        const t0 = now();
        await api.post(`/api/v1/alerts/${thread.alertId}/resolve`);
        const seen = await see(
          from,
          "the resolution on the live stream",
          3_000,
          fromCloud("alert", (d) => d.id === thread.alertId && d.status === "resolved"),
        );
        return { ms: seen.at - t0, facts: {}, words: "the alert is closed" };
      },
    },
    {
      name: "update-offered",
      boundMs: 20_000,
      async run() {
        const next = await parts.buildNext();
        thread.next = next;
        const from = witness.mark();
        const t0 = now();
        const { firmware } = await api.postBytes<{ firmware: { id: string; sha256: string } }>(
          `/api/v1/firmware?version=${encodeURIComponent(next.version)}`,
          next.bytes,
        );
        if (firmware.sha256 !== next.sha256)
          throw new Error(`published as ${firmware.sha256}, built as ${next.sha256}`);
        const { update } = await api.post<{ update: { id: string } }>(`/api/v1/devices/${device().id}/updates`, {
          firmwareId: firmware.id,
        });
        thread.updateId = update.id;
        thread.updateFrom = from;
        const seen = await see(
          from,
          "the trap to accept the update",
          10_000,
          fromCloud("update", (d) => d.id === update.id && d.status !== "offered"),
        );
        return {
          ms: seen.at - t0,
          facts: { version: next.version, sha256: next.sha256, size: next.size },
          words: `${next.version}, ${next.size} bytes, sha256 ${short(next.sha256)}; the trap took the offer`,
        };
      },
    },
    {
      name: "update-booted",
      boundMs: 60_000,
      async run() {
        const t0 = now();
        const seen = await see(
          thread.updateFrom,
          "the trap to report its new boot",
          60_000,
          fromCloud(
            "update",
            (d) =>
              d.id === thread.updateId && (d.status === "booted" || d.status === "refused" || d.status === "failed"),
          ),
        );
        if (seen.data.status !== "booted")
          throw new Error(`the update ended as ${String(seen.data.status)}, code ${String(seen.data.code)}`);
        const read = await readDevice();
        const next = thread.next;
        if (!next || read.firmwareSha256 !== next.sha256)
          throw new Error(`the trap reports ${read.firmwareSha256}, offered was ${next?.sha256}`);
        return {
          ms: seen.at - t0,
          facts: {
            version: String(read.firmwareVersion),
            bundleSha256: next.sha256,
            runningSha256: String(read.firmwareSha256),
          },
          words: `booted ${read.firmwareVersion}, reports sha256 ${short(next.sha256)}, equal to the new bundle`,
        };
      },
    },
  ];
}
