// Owns what the page knows: a snapshot fetched from the API, kept true by the messages of the live stream. Who shows it subscribes.

import { ApiError } from "./api.js";

/** @import { Api } from "./api.js" */
/** @import { Alert, Command, Device, DeviceEvent, State, Update } from "./shapes.ts" */

/**
 * @typedef {object} Store
 * @property {State} state
 * @property {() => Promise<void>} load fetch everything anew; rejects with ApiError, and then nothing has changed
 * @property {(type: string, data: any) => void} apply take one message, live or answered
 * @property {(listener: () => void) => void} subscribe called after changes, many of them at once
 * @property {(listener: (alert: Alert) => void) => void} onNewAlert called for an alert that was raised while the page was open
 * @property {(listener: (device: Device, command: Command) => void) => void} onCommand called when a trap has answered a command
 */

const DEVICES_WITH_PAST_MAX = 50;
const EVENTS_KEPT = 1000;
const ATTEMPTS_KEPT = 20;
const RANK = { new: 0, acknowledged: 1, resolved: 2 };

/**
 * @param {Api} api
 * @returns {Store}
 */
export function createStore(api) {
  const state = createState();
  /** @type {{ change: (() => void)[], alert: ((alert: Alert) => void)[], command: ((device: Device, command: Command) => void)[] }} */
  const listeners = { change: [], alert: [], command: [] };
  /** @type {Promise<void> | null} */
  let loading = null;
  let loadAgain = false;
  let loadedOnce = false;
  /** Messages that came while a snapshot was under way: it may be older than they are. @type {{ type: string, data: any }[]} */
  let missed = [];
  let told = false;

  function tell() {
    if (told) return;
    told = true;
    window.setTimeout(() => {
      told = false;
      for (const listener of listeners.change) listener();
    }, 0);
  }

  /** @param {string} type @param {any} data */
  function take(type, data) {
    if (type === "device") takeDevice(data);
    if (type === "alert") takeAlert(data);
    if (type === "event") keepEvent(state, data);
    if (type === "update") state.updates.set(data.id, data);
    tell();
  }

  /** @param {Device & { command?: Command }} data */
  function takeDevice({ command, ...device }) {
    const known = state.devices.has(device.id);
    if (device.releasedAt === null) state.devices.set(device.id, device);
    else state.devices.delete(device.id);
    if (command !== undefined) for (const listener of listeners.command) listener(device, command);
    // A release settles its alerts, a new trap may bring a past: both are the cloud's to tell.
    if (known !== state.devices.has(device.id)) void load().catch(tell);
  }

  /** @param {Alert} alert */
  function takeAlert(alert) {
    const known = state.alerts.get(alert.id);
    // An answer and its notice travel apart; an alert never goes back.
    if (known !== undefined && RANK[known.status] > RANK[alert.status]) return;
    state.alerts.set(alert.id, alert);
    if (known === undefined && alert.status === "new") hear(alert);
  }

  /** @param {Alert} alert */
  function hear(alert) {
    state.heardAt.set(alert.id, api.now());
    for (const listener of listeners.alert) listener(alert);
  }

  function load() {
    loadAgain = true;
    loading ??= loadUntilTrue().finally(() => {
      loading = null;
    });
    return loading;
  }

  async function loadUntilTrue() {
    while (loadAgain) {
      loadAgain = false;
      missed = [];
      const snapshot = await fetchSnapshot(api);
      const before = state.alerts;
      Object.assign(state, snapshot);
      const raised = [...state.alerts.values()].filter((alert) => alert.status === "new" && !before.has(alert.id));
      if (loadedOnce) for (const alert of raised) hear(alert);
      loadedOnce = true;
      for (const { type, data } of missed) take(type, data);
      tell();
    }
  }

  return {
    state,
    load,
    apply(type, data) {
      if (type === "claiming") state.attempts = [data, ...state.attempts].slice(0, ATTEMPTS_KEPT);
      else if (loading !== null) missed.push({ type, data });
      take(type, data);
    },
    subscribe: (listener) => void listeners.change.push(listener),
    onNewAlert: (listener) => void listeners.alert.push(listener),
    onCommand: (listener) => void listeners.command.push(listener),
  };
}

/** @returns {State} */
function createState() {
  return {
    devices: new Map(),
    alerts: new Map(),
    events: new Map(),
    updates: new Map(),
    attempts: [],
    heardAt: new Map(),
  };
}

/** @param {State} state @param {DeviceEvent} event */
function keepEvent(state, event) {
  state.events.set(event.id, event);
  if (state.events.size <= EVENTS_KEPT) return;
  const [oldest] = state.events.keys();
  if (oldest !== undefined) state.events.delete(oldest);
}

/** @param {Api} api */
async function fetchSnapshot(api) {
  const [{ devices }, { alerts }, open] = await Promise.all([
    api.get("/devices"),
    api.get("/alerts"),
    api.get("/alerts?status=open&limit=1000"),
  ]);
  const pasts = await Promise.all(
    devices.slice(0, DEVICES_WITH_PAST_MAX).map((/** @type {Device} */ device) => fetchPast(api, device.id)),
  );
  return {
    devices: keyed(/** @type {Device[]} */ (devices)),
    // The newest, and whatever is open, however old.
    alerts: keyed(/** @type {Alert[]} */ ([...alerts, ...open.alerts])),
    events: keyed(pasts.flatMap((past) => past.events)),
    updates: keyed(pasts.flatMap((past) => past.updates)),
  };
}

/**
 * @param {Api} api
 * @param {string} deviceId
 * @returns {Promise<{ events: DeviceEvent[], updates: Update[] }>}
 */
async function fetchPast(api, deviceId) {
  try {
    const [{ events }, { updates }] = await Promise.all([
      api.get(`/devices/${deviceId}/events`),
      api.get(`/devices/${deviceId}/updates`),
    ]);
    // The oldest first, so that the oldest are the first to be forgotten.
    return { events: [...events].reverse(), updates };
  } catch (error) {
    // Released since the list was made: it has no past for us any more.
    if (error instanceof ApiError && error.status === 404) return { events: [], updates: [] };
    throw error;
  }
}

/**
 * @template {{ id: string }} T
 * @param {T[]} items
 * @returns {Map<string, T>}
 */
function keyed(items) {
  return new Map(items.map((item) => [item.id, item]));
}
