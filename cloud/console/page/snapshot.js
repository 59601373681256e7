// Owns the fetching of everything the page shows, at once: the traps, their alerts, and the past of each. What changes it afterwards is
// notices.js.
import { ApiError } from "./api.js";

/** @import { Api } from "./api.js" */
/** @import { Alert, Device, DeviceEvent, State, Update } from "./shapes.ts" */

const DEVICES_WITH_PAST_MAX = 50;

/**
 * @param {Api} api
 * @returns {Promise<Pick<State, "devices" | "alerts" | "events" | "updates">>} rejects with ApiError
 */
export async function fetchSnapshot(api) {
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
