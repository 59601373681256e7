// Owns what a message changes in the state, whether it came live or as an answer, and what is worth telling of it. Pure but for the state
// it is given.

/** @import { Alert, Command, Device, DeviceEvent, State } from "./shapes.ts" */

/**
 * @typedef {object} Effect
 * @property {Alert} [raised] an alert that was not known and wants an answer
 * @property {{ device: Device, command: Command }} [answered] a command that its trap has answered
 * @property {boolean} [isOtherDevices] a trap came or went: what belongs to it is the cloud's to tell
 */

const EVENTS_KEPT = 1000;
const ATTEMPTS_KEPT = 20;
const RANK = { new: 0, acknowledged: 1, resolved: 2 };

/**
 * @param {State} state changed in place
 * @param {string} type of the message; one that is not known changes nothing
 * @param {any} data
 * @returns {Effect}
 */
export function applyNotice(state, type, data) {
  if (type === "device") return applyDevice(state, data);
  if (type === "alert") return applyAlert(state, data);
  if (type === "event") keepEvent(state, data);
  if (type === "update") state.updates.set(data.id, data);
  if (type === "claiming") state.attempts = [data, ...state.attempts].slice(0, ATTEMPTS_KEPT);
  return {};
}

/** @param {State} state @param {Device & { command?: Command }} data @returns {Effect} */
function applyDevice(state, { command, ...device }) {
  const wasKnown = state.devices.has(device.id);
  const isOurs = device.releasedAt === null;
  if (isOurs) state.devices.set(device.id, device);
  else state.devices.delete(device.id);
  return { answered: command === undefined ? undefined : { device, command }, isOtherDevices: wasKnown !== isOurs };
}

/** @param {State} state @param {Alert} alert @returns {Effect} */
function applyAlert(state, alert) {
  const known = state.alerts.get(alert.id);
  // An answer and its notice travel apart; an alert never goes back.
  if (known !== undefined && RANK[known.status] > RANK[alert.status]) return {};
  state.alerts.set(alert.id, alert);
  return known === undefined && alert.status === "new" ? { raised: alert } : {};
}

/** @param {State} state @param {DeviceEvent} event */
function keepEvent(state, event) {
  state.events.set(event.id, event);
  if (state.events.size <= EVENTS_KEPT) return;
  const [oldest] = state.events.keys();
  if (oldest !== undefined) state.events.delete(oldest);
}
