// Owns what counts as having happened: events, alerts and updates become entries with a time, words and latencies, newest first. Pure;
// how they are shown is timeline.js.
import { nameOf } from "./state.js";
import {
  describeAlert,
  describeEvent,
  describeUpdate,
  describeUpdateEnd,
  formatFingerprint,
  formatLatency,
  isolated,
} from "./words.js";

/** @import { Alert, DeviceEvent, State, Update } from "./shapes.ts" */

/**
 * @typedef {object} Entry
 * @property {string} key
 * @property {number} atMs
 * @property {"alert" | "answer" | "good" | "plain"} tone
 * @property {string} name of the trap
 * @property {string} words to stand behind the name
 * @property {string[]} latencies
 */

/** @param {string | null} time */
const ms = (time) => (time === null ? Number.NaN : Date.parse(time));

/**
 * @param {State} state
 * @param {{ countMax: number, isOneMachine: boolean }} options isOneMachine: the cloud's clock is this page's, so that what this page
 *   has heard can be measured against it
 * @returns {Entry[]}
 */
export function listEntries(state, { countMax, isOneMachine }) {
  const entries = [
    ...[...state.events.values()].map((event) => eventEntry(event, state)),
    ...[...state.alerts.values()].flatMap((alert) => alertEntries(alert, state, isOneMachine)),
    ...[...state.updates.values()].flatMap((update) => updateEntries(update, state)),
    ...state.attempts.map((attempt) => ({
      key: `attempt ${attempt.deviceId} ${attempt.attemptedAt}`,
      atMs: ms(attempt.attemptedAt),
      tone: /** @type {const} */ ("plain"),
      name: nameOf(state, attempt),
      words: "was to be claimed by somebody, but it is yours",
      latencies: [],
    })),
  ];
  // Of the same moment, what follows from the other stands above it.
  return entries.sort((a, b) => b.atMs - a.atMs || (a.key < b.key ? -1 : 1)).slice(0, countMax);
}

/** @param {DeviceEvent} event @param {State} state @returns {Entry} */
function eventEntry(event, state) {
  const heldMs = ms(event.receivedAt) - ms(event.occurredLatest);
  const told = heldMs >= 1_000 ? [`told ${formatLatency(heldMs)} later`] : [];
  return {
    key: `event ${event.id}`,
    atMs: ms(event.occurredLatest),
    tone: event.kind === "sprung" ? "alert" : "plain",
    name: nameOf(state, event),
    words: describeEvent(event.kind, event.value),
    latencies: event.exact ? told : ["at this time or earlier, before it lost power", ...told],
  };
}

/** @param {Alert} alert @param {State} state @param {boolean} isOneMachine @returns {Entry[]} */
function alertEntries(alert, state, isOneMachine) {
  const name = nameOf(state, alert);
  const raisedMs = ms(alert.createdAt);
  const entries = [
    {
      key: `alert ${alert.id} 1`,
      atMs: raisedMs,
      tone: /** @type {const} */ ("alert"),
      name,
      words: `raised an alert: it ${describeAlert(alert.type)}`,
      latencies: alertLatencies(alert, state, isOneMachine),
    },
  ];
  const answers = /** @type {const} */ ([
    ["2", alert.acknowledgedAt, alert.acknowledgedBy, "had its alert acknowledged", "answer"],
    ["3", alert.resolvedAt, alert.resolvedBy, "had its alert resolved", "good"],
  ]);
  for (const [order, at, person, deed, tone] of answers) {
    if (at === null) continue;
    const latencies = [`after ${formatLatency(ms(at) - raisedMs)}`];
    const words = person === null ? deed : `${deed} by ${isolated(person.name)}`;
    entries.push({
      key: `alert ${alert.id} ${order}`,
      atMs: ms(at),
      tone: /** @type {any} */ (tone),
      name,
      words,
      latencies,
    });
  }
  return entries;
}

/** @param {Alert} alert @param {State} state @param {boolean} isOneMachine */
function alertLatencies(alert, state, isOneMachine) {
  const event = alert.eventId === null ? undefined : state.events.get(alert.eventId);
  if (event === undefined || !event.exact) return [];
  const happenedMs = ms(event.occurredLatest);
  const latencies = [`${event.kind} \u2192 alert ${formatLatency(ms(alert.createdAt) - happenedMs)}`];
  const heardMs = state.heardAt.get(alert.id);
  if (isOneMachine && heardMs !== undefined) latencies.push(`\u2192 this page ${formatLatency(heardMs - happenedMs)}`);
  return latencies;
}

/** @param {number} received @param {number} size */
function describePart(received, size) {
  return size > 0 ? `${Math.floor((100 * received) / size)} %` : "";
}

/** @param {Update} update @param {State} state @returns {Entry[]} */
function updateEntries(update, state) {
  const name = nameOf(state, update);
  const offeredMs = ms(update.offeredAt);
  /** @type {Entry} */
  const offer = {
    key: `update ${update.id} 1`,
    atMs: offeredMs,
    tone: "plain",
    name,
    words: describeUpdate("offered", update.version),
    latencies:
      update.signedBy === ""
        ? ["not signed"]
        : [`counter ${update.counter}`, `signed by key ${formatFingerprint(update.signedBy)}`],
  };
  if (update.status === "offered") return [offer];
  const atMs = ms((update.status === "booted" ? update.bootedAt : null) ?? update.updatedAt);
  const why = describeUpdateEnd(update.status, update.code);
  const more = { booted: `hash ${update.sha256.slice(0, 8)}`, fetching: describePart(update.received, update.size) };
  const fact = more[/** @type {keyof typeof more} */ (update.status)];
  /** @type {Entry} */
  const now = {
    key: `update ${update.id} 2`,
    atMs,
    tone: update.status === "booted" ? "good" : "plain",
    name,
    words: describeUpdate(update.status, update.version) + (why === "" ? "" : `: ${why}`),
    latencies: [`after ${formatLatency(atMs - offeredMs)}`, ...(fact === undefined ? [] : [fact])],
  };
  return [now, offer];
}
