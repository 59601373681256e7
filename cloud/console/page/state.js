// Owns what follows from the state the page knows, without changing it: names, which alerts are open, who comes first. Pure.

/** @import { Alert, State } from "./shapes.ts" */

const URGENCY = { critical: 0, warning: 1, info: 2 };

/**
 * What nobody has answered comes before what somebody has, then by severity, then whoever has waited longest.
 * @param {Alert} a
 * @param {Alert} b
 */
export function compareUrgency(a, b) {
  const unanswered = Number(a.status !== "new") - Number(b.status !== "new");
  const severity = URGENCY[a.severity] - URGENCY[b.severity];
  return unanswered || severity || Date.parse(a.triggeredAt) - Date.parse(b.triggeredAt);
}

/**
 * The most urgent first.
 * @param {State} state
 * @returns {Alert[]}
 */
export function listOpenAlerts(state) {
  return [...state.alerts.values()].filter((alert) => alert.status !== "resolved").sort(compareUrgency);
}

/**
 * What a trap is called: one that was released is no longer in the state, but what told of it may know.
 * @param {State} state
 * @param {{ deviceId: string, deviceName?: string }} told
 */
export function nameOf(state, { deviceId, deviceName }) {
  return state.devices.get(deviceId)?.name ?? deviceName ?? "A trap that was released";
}
