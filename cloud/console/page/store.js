// Owns what the page knows: a snapshot of the cloud, kept true by messages. Who shows it subscribes. What a message means is notices.js.
import { applyNotice } from "./notices.js";
import { fetchSnapshot } from "./snapshot.js";

/** @import { Api } from "./api.js" */
/** @import { Alert, Command, Device, State } from "./shapes.ts" */

/**
 * @typedef {object} Store
 * @property {State} state
 * @property {() => Promise<void>} load fetch everything anew; rejects with ApiError, and then nothing has changed
 * @property {(type: string, data: any) => void} apply take one message, live or answered
 * @property {(listener: () => void) => void} subscribe called after changes, many of them at once
 * @property {(listener: (alert: Alert) => void) => void} onNewAlert called for an alert that was raised while the page was open
 * @property {(listener: (device: Device, command: Command) => void) => void} onCommand called when a trap has answered a command
 */

/**
 * @param {Api} api
 * @returns {Store}
 */
export function createStore(api) {
  const state = createState();
  /** @type {{ change: (() => void)[], alert: ((alert: Alert) => void)[], command: ((device: Device, command: Command) => void)[] }} */
  const listeners = { change: [], alert: [], command: [] };
  const loader = createLoader(load);
  let loadedOnce = false;
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
    const { raised, answered, isOtherDevices } = applyNotice(state, type, data);
    if (raised !== undefined) hear(raised);
    if (answered !== undefined) for (const listener of listeners.command) listener(answered.device, answered.command);
    if (isOtherDevices) void loader.load().catch(tell);
    tell();
  }

  /** @param {Alert} alert */
  function hear(alert) {
    state.heardAt.set(alert.id, api.now());
    for (const listener of listeners.alert) listener(alert);
  }

  /** @param {{ type: string, data: any }[]} missed filled while the snapshot is under way: it may be older than they are */
  async function load(missed) {
    const snapshot = await fetchSnapshot(api);
    const before = state.alerts;
    Object.assign(state, snapshot);
    const raised = [...state.alerts.values()].filter((alert) => alert.status === "new" && !before.has(alert.id));
    if (loadedOnce) for (const alert of raised) hear(alert);
    loadedOnce = true;
    for (const { type, data } of missed) take(type, data);
    tell();
  }

  return {
    state,
    load: loader.load,
    apply(type, data) {
      if (type !== "claiming") loader.note(type, data);
      take(type, data);
    },
    subscribe: (listener) => void listeners.change.push(listener),
    onNewAlert: (listener) => void listeners.alert.push(listener),
    onCommand: (listener) => void listeners.command.push(listener),
  };
}

/**
 * One load at a time: whoever asks meanwhile is answered by another one right after it.
 * @param {(missed: { type: string, data: any }[]) => Promise<void>} loadOnce
 */
function createLoader(loadOnce) {
  /** @type {Promise<void> | null} */
  let loading = null;
  let isWanted = false;
  /** @type {{ type: string, data: any }[]} */
  let missed = [];

  async function run() {
    while (isWanted) {
      isWanted = false;
      missed = [];
      await loadOnce(missed);
    }
  }
  return {
    load() {
      isWanted = true;
      loading ??= run().finally(() => {
        loading = null;
      });
      return loading;
    },
    /** @param {string} type @param {any} data */
    note(type, data) {
      if (loading !== null) missed.push({ type, data });
    },
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
