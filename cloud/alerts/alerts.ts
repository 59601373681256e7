// Owns what becomes of an alert: which event raises or settles which, how severe it is, and the way from new over acknowledged to
// resolved, which nothing goes back on. Pure; a trap has at most one open alert of a type [ALERT-2].
import type { EventKind } from "#protocol";
import type { DeviceAlertSeverity, DeviceAlertStatus, DeviceAlertType } from "../db/schema.ts";
import type { DeviceKind } from "../devices/devices.ts";

/** An alert as the API and the live stream tell it. */
export interface Alert {
  id: string;
  deviceId: string;
  /** Of the trap, as it is called now. */
  deviceName: string;
  type: DeviceAlertType;
  status: DeviceAlertStatus;
  severity: DeviceAlertSeverity;
  message: string | null;
  /** The event that raised it. */
  eventId: string | null;
  /** When what it is about happened, at the latest. */
  triggeredAt: Date;
  /** When the cloud raised it. */
  createdAt: Date;
  acknowledgedAt: Date | null;
  acknowledgedBy: AlertPerson | null;
  resolvedAt: Date | null;
  /** Null also where nobody resolved it but an event, or the release of the trap. */
  resolvedBy: AlertPerson | null;
}

export interface AlertPerson {
  id: string;
  name: string;
}

export type AlertEffect =
  | { effect: "raise"; type: DeviceAlertType; severity: DeviceAlertSeverity; message: string }
  | { effect: "settle"; type: DeviceAlertType };

/** What an event means for the alerts of its trap; null for nothing. A rearmed trap keeps its alert: that a person has looked, only a person can say. */
export function decideEffect(kind: EventKind, trap: { name: string; kind: DeviceKind }): AlertEffect | null {
  const raise = (type: DeviceAlertType, severity: DeviceAlertSeverity, words: string): AlertEffect => ({
    effect: "raise",
    type,
    severity,
    message: `${trap.name} ${words}`,
  });
  switch (kind) {
    case "sprung":
      // An animal may be alive in it: every minute counts.
      if (trap.kind === "live-catch") return raise("sprung", "critical", "has sprung, look after it now");
      return raise("sprung", "warning", "has sprung");
    case "battery-low":
      return raise("battery-low", "warning", "has a low battery");
    case "battery-ok":
      return { effect: "settle", type: "battery-low" };
    case "sensor-fault":
      return raise("sensor-fault", "warning", "cannot feel its plunger");
    case "fault":
      return raise("fault", "warning", "reports a fault");
    default:
      return null;
  }
}

export type RaiseDecision = "open" | "keep" | "replace";

/**
 * What to do where an alert of this type is open already. A second spring after somebody has answered the first is another animal: the
 * answered alert is done, and a new one asks again.
 */
export function decideRaise(type: DeviceAlertType, open: DeviceAlertStatus | null): RaiseDecision {
  if (open === null || open === "resolved") return "open";
  return type === "sprung" && open === "acknowledged" ? "replace" : "keep";
}

/** `change`: do it; `done`: it is so already, who and when stay as they are. */
export type AnswerDecision = { ok: true; next: "change" | "done" } | { ok: false; reason: "alert-resolved" };

export function decideAcknowledge(status: DeviceAlertStatus): AnswerDecision {
  if (status === "resolved") return { ok: false, reason: "alert-resolved" };
  return { ok: true, next: status === "new" ? "change" : "done" };
}

export function decideResolve(status: DeviceAlertStatus): AnswerDecision {
  return { ok: true, next: status === "resolved" ? "done" : "change" };
}
