// The sample's alerts: every type in every status, at most one open per trap and type, as the states of devices.ts say. Data alone; what
// was told before and after each is events.ts, who goes there visits.ts.
import { sampleId } from "../sample-id.ts";
import type { SampleRow, SampleSetting, SampleTable } from "../sample-table.ts";
import { namedDevice } from "./device-rows.ts";
import { getDevice } from "./devices.ts";
import { userId } from "./people.ts";

export interface SampleAlert {
  number: string;
  type: "sprung" | "battery-low" | "sensor-fault" | "fault" | "offline";
  status: "new" | "acknowledged" | "resolved";
  /** When it began. */
  hours: number;
  /** Who answered; null where nobody did, or an event settled it. */
  by: string | null;
}

type Line = [
  number: string,
  type: SampleAlert["type"],
  status: SampleAlert["status"],
  hours: number,
  by: string | null,
];

const LINES: Line[] = [
  ["A02", "sprung", "new", 0.6, null],
  ["A08", "sprung", "acknowledged", 4, "acme-operator"],
  ["T01", "sprung", "new", 1.5, null],
  ["B02", "sprung", "acknowledged", 9, "beta-admin"],
  ["D01", "sprung", "new", 3, null],
  ["A03", "battery-low", "new", 30, null],
  ["A14", "battery-low", "acknowledged", 44, "acme-manager"],
  ["A29", "battery-low", "new", 52, null],
  ["A21", "sensor-fault", "new", 11, null],
  ["A05", "sensor-fault", "acknowledged", 20, "consultant"],
  ["A16", "fault", "new", 16, null],
  ["A26", "fault", "acknowledged", 26, "acme-operator"],
  ["A11", "fault", "new", 8, null],
  ["A31", "sensor-fault", "new", 13, null],
  ["A36", "fault", "new", 40, null],
  ["T06", "sensor-fault", "acknowledged", 33, "techstart-member"],
  ["A24", "offline", "new", 6, null],
  ["A09", "offline", "acknowledged", 58, "acme-manager"],
  ["A34", "offline", "new", 60, null],
  ["T03", "offline", "new", 22, null],
  ["A01", "sprung", "resolved", 26 * 24, "acme-operator"],
  ["A02", "sprung", "resolved", 23 * 24, "consultant"],
  ["A07", "sprung", "resolved", 21 * 24, "acme-manager"],
  ["A01", "sprung", "resolved", 17 * 24, "acme-operator"],
  ["A09", "sprung", "resolved", 15 * 24, "consultant"],
  ["A10", "sprung", "resolved", 12 * 24, "acme-operator"],
  ["A08", "sprung", "resolved", 10 * 24, "acme-manager"],
  ["A04", "sprung", "resolved", 7 * 24, "consultant"],
  ["A02", "sprung", "resolved", 5 * 24, "acme-operator"],
  ["A07", "sprung", "resolved", 3 * 24, "acme-manager"],
  ["T02", "sprung", "resolved", 9 * 24, "techstart-member"],
  ["T01", "sprung", "resolved", 4 * 24, "consultant"],
  ["B01", "sprung", "resolved", 6 * 24, "beta-admin"],
  ["A13", "battery-low", "resolved", 19 * 24, null],
  ["A18", "battery-low", "resolved", 11 * 24, null],
  ["A20", "sensor-fault", "resolved", 8 * 24, "consultant"],
  ["A15", "fault", "resolved", 14 * 24, "acme-operator"],
  ["T02", "fault", "resolved", 13 * 24, "techstart-admin"],
  ["A23", "offline", "resolved", 6 * 24, null],
  ["A28", "offline", "resolved", 2 * 24, null],
  ["T05", "offline", "resolved", 20 * 24, null],
];

export const ALERTS: SampleAlert[] = LINES.map(([number, type, status, hours, by]) => ({
  number,
  type,
  status,
  hours,
  by,
}));

/** How long after it began it was settled. */
export const SETTLED_AFTER_HOURS = 2.5;
const ANSWERED_AFTER_HOURS = 0.4;

export function alertId({ number, type, hours }: SampleAlert): string {
  return sampleId("alert", number, type, hours);
}

/** Of the event that raised it. */
export function alertEventId(alert: SampleAlert): string {
  return sampleId("event of alert", alert.number, alert.type, alert.hours);
}

export function listAlertTables(setting: SampleSetting): SampleTable[] {
  return [{ name: "device_alerts", key: ["id"], isNeeded: true, rows: ALERTS.map((one) => toAlert(one, setting)) }];
}

const WORDS: Record<SampleAlert["type"], string> = {
  sprung: "has sprung",
  "battery-low": "has a low battery",
  "sensor-fault": "cannot feel its plunger",
  fault: "reports a fault",
  offline: "has not been heard of",
};

function toAlert(alert: SampleAlert, { at }: SampleSetting): SampleRow {
  const { number, type, status, hours, by } = alert;
  const { name, kind } = getDevice(number);
  const isUrgent = type === "sprung" && kind === "live-catch";
  const isAnswered = status === "acknowledged" || by !== null;
  // Whoever does not answer within half an hour is passed over.
  const level = status === "new" && hours > 0.5 ? Math.min(Math.floor(hours / 8) + 1, 3) : 0;
  return {
    id: alertId(alert),
    ...namedDevice(number),
    event_id: type === "offline" ? null : alertEventId(alert),
    alert_type: type,
    alert_status: status,
    severity: isUrgent ? "critical" : type === "offline" ? "info" : "warning",
    message: `${name} ${type === "sensor-fault" && kind === "sensor" ? "gives no reading" : WORDS[type]}${isUrgent ? ", look after it now" : ""}`,
    triggered_at: at.hoursAgo(hours),
    acknowledged_at: isAnswered ? at.hoursAgo(hours - ANSWERED_AFTER_HOURS) : null,
    acknowledged_by: isAnswered && by !== null ? userId(by) : null,
    resolved_at: status === "resolved" ? at.hoursAgo(hours - SETTLED_AFTER_HOURS) : null,
    resolved_by: status === "resolved" && by !== null ? userId(by) : null,
    escalation_level: level,
    escalated_at: level > 0 ? at.hoursAgo(hours - 0.5) : null,
    next_escalation_at: status === "new" ? at.hoursAgo(-4) : null,
    created_at: at.hoursAgo(hours - 0.001),
  };
}
