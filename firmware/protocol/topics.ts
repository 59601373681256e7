// Owns the topic tree: tenant/{t}/device/{d}/up|down/{name}. Who may use which topic follows from these functions alone.
import { TOPIC_BYTES_MAX } from "./limits.ts";
import { isUuid } from "./record.ts";

export const UP_NAMES = ["hello", "event", "telemetry", "reported", "update", "result", "will"] as const;
export const DOWN_NAMES = ["ack", "command", "config", "offer", "session", "welcome"] as const;
export type UpName = (typeof UP_NAMES)[number];
export type DownName = (typeof DOWN_NAMES)[number];

export type ParsedTopic =
  | { tenant: string; device: string; direction: "up"; name: UpName }
  | { tenant: string; device: string; direction: "down"; name: DownName };

function base(tenant: string, device: string): string {
  return "tenant/" + tenant + "/device/" + device;
}

/** The topic a device publishes `name` on. */
export function upTopic(tenant: string, device: string, name: UpName): string {
  return base(tenant, device) + "/up/" + name;
}

/** The topic a device receives `name` on. */
export function downTopic(tenant: string, device: string, name: DownName): string {
  return base(tenant, device) + "/down/" + name;
}

/** The filters a device subscribes to, and the only ones it may. */
export function downTopics(tenant: string, device: string): string[] {
  return DOWN_NAMES.map((name) => downTopic(tenant, device, name));
}

/** Read a topic; null for any that is not of the tree, wildcards and upper case included. */
export function parseTopic(topic: unknown): ParsedTopic | null {
  if (typeof topic !== "string" || topic.length > TOPIC_BYTES_MAX) return null;
  const parts = topic.split("/");
  if (parts.length !== 6 || parts[0] !== "tenant" || parts[2] !== "device") return null;
  const tenant = parts[1] as string;
  const device = parts[3] as string;
  if (!isUuid(tenant) || !isUuid(device)) return null;
  if (parts[4] === "up") {
    const up = UP_NAMES.indexOf(parts[5] as UpName);
    return up < 0 ? null : { tenant: tenant, device: device, direction: "up", name: UP_NAMES[up] as UpName };
  }
  const down = parts[4] === "down" ? DOWN_NAMES.indexOf(parts[5] as DownName) : -1;
  return down < 0 ? null : { tenant: tenant, device: device, direction: "down", name: DOWN_NAMES[down] as DownName };
}
