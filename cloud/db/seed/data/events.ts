// What the sample's traps have told over the last weeks: what raised and settled each alert, and the quiet life between. An event is one
// by its key, and lies in the month it was received in.
import { sampleBootId, sampleId } from "../sample-id.ts";
import type { SampleRow, SampleSetting, SampleTable } from "../sample-table.ts";
import { ALERTS, alertEventId, type SampleAlert, SETTLED_AFTER_HOURS } from "./alerts.ts";
import { deviceId } from "./device-rows.ts";
import { DEVICES, getDevice, type SampleDevice } from "./devices.ts";
import { tenantId } from "./tenants.ts";

interface SampleEvent {
  id: string;
  kind: string;
  value: number;
  hours: number;
}

/** Hours before the first run, kind, value. The young tenant's traps have no life that long. */
const QUIET_LIFE: [hours: number, kind: string, value: number][] = [
  [27 * 24, "armed", 0],
  [22 * 24 - 3, "false-trigger", 1],
  [18 * 24 - 9, "disarmed", 0],
  [18 * 24 - 10, "armed", 0],
  [13 * 24 - 5, "silenced", 0],
  [9 * 24 - 7, "false-trigger", 2],
  [1.9 * 24, "disarmed", 0],
  [1.8 * 24, "armed", 0],
];
const YOUNG_LIFE: [hours: number, kind: string, value: number][] = [[20, "armed", 0]];
const LAST_WORDS: [hours: number, kind: string, value: number][] = [[41 * 24, "disarmed", 0]];

/** What a trap tells when it is over, by the type of the alert. */
const SETTLING: Record<SampleAlert["type"], [kind: string, value: number] | null> = {
  sprung: ["rearmed", 0],
  "battery-low": ["battery-ok", 4100],
  "sensor-fault": ["armed", 0],
  fault: ["armed", 0],
  offline: null,
};
const VALUES: Record<SampleAlert["type"], number> = {
  ...{ sprung: 0, "battery-low": 3290, "sensor-fault": 240, fault: 61, offline: 0 },
};

const HOUR_MS = 60 * 60 * 1000;
/** How long a message may have been on its way. */
const TRANSIT_MS = 55_000;

export function listEventTables(setting: SampleSetting): SampleTable[] {
  const rows = DEVICES.flatMap((device) => toRows(device, listEvents(device), setting));
  const keys = rows.map(({ device_id, boot_id, sequence, tenant_id, received_at }) => {
    return { device_id, boot_id, sequence, tenant_id, received_at } as SampleRow;
  });
  return [
    { name: "device_event_keys", key: ["device_id", "boot_id", "sequence"], rows: keys, isLog: true },
    { name: "device_events", key: ["id", "received_at"], rows, isLog: true },
  ];
}

/** The oldest first. */
function listEvents(device: SampleDevice): SampleEvent[] {
  const ofAlerts = ALERTS.filter((alert) => getDevice(alert.number) === device).flatMap(listEventsOfAlert);
  const life = listLife(device).map(([hours, kind, value]) => {
    return { id: sampleId("event", device.serial, hours), kind, value, hours };
  });
  return [...ofAlerts, ...life].sort((a, b) => b.hours - a.hours);
}

function listEventsOfAlert(alert: SampleAlert): SampleEvent[] {
  const { number, type, status, hours } = alert;
  if (type === "offline") return [];
  const began = { id: alertEventId(alert), kind: type, value: VALUES[type], hours };
  const settling = SETTLING[type];
  if (status !== "resolved" || settling === null) return [began];
  const [kind, value] = settling;
  const ended = {
    id: sampleId("event", number, type, hours, "settled"),
    kind,
    value,
    hours: hours - SETTLED_AFTER_HOURS,
  };
  return [began, ended];
}

/** What springs has a life of its own; the other devices tell of faults alone. */
function listLife({ state, status, tenant }: SampleDevice): typeof QUIET_LIFE {
  if (status === "decommissioned") return LAST_WORDS;
  if (state === null) return [];
  return tenant === "demo-company" ? YOUNG_LIFE : QUIET_LIFE;
}

function toRows(device: SampleDevice, events: SampleEvent[], { at }: SampleSetting): SampleRow[] {
  return events.map(({ id, kind, value, hours }, place) => {
    // A false trigger was told late: the trap had lost power, and knows only since when at the earliest.
    const exact = kind !== "false-trigger";
    const ageMs = exact ? 400 : 2 * HOUR_MS;
    return {
      id,
      tenant_id: tenantId(device.tenant),
      device_id: deviceId(device.serial),
      boot_id: sampleBootId(device.serial, 2),
      sequence: place + 1,
      kind,
      value,
      age_ms: ageMs,
      exact,
      received_at: at.hoursAgo(hours - ageMs / HOUR_MS),
      occurred_earliest: at.hoursAgo(hours + (exact ? TRANSIT_MS / HOUR_MS : 6)),
      occurred_latest: at.hoursAgo(hours),
      created_at: at.hoursAgo(hours - ageMs / HOUR_MS),
    };
  });
}
