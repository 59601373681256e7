// Owns the open alerts on the page: the most urgent first, how old each is, and the two things a person can do about it.
import { actionButton, byId, createList, element, nameElement, setText } from "./dom.js";
import { describeProblem } from "./problem-words.js";
import { listOpenAlerts, nameOf } from "./state.js";
import { describeAlert, describeSeverity, formatAge, formatLatency, formatTime, isolated } from "./words.js";

/** @import { Api } from "./api.js" */
/** @import { View } from "./dom.js" */
/** @import { Alert, State } from "./shapes.ts" */
/** @import { Store } from "./store.js" */

/**
 * @param {{ api: Api, store: Store }} deps
 * @returns {{ update: () => void, tick: () => void }}
 */
export function createAlertList({ api, store }) {
  const list = createList(
    byId("alerts"),
    (/** @type {Alert} */ alert) => alert.id,
    (alert) => createCard(alert, api, store),
  );
  const calm = byId("no-alerts");
  function update() {
    const open = listOpenAlerts(store.state);
    list(open);
    calm.hidden = open.length > 0;
    setText(byId("no-alerts-words"), store.state.devices.size > 0 ? "All quiet. No trap needs you." : "All quiet.");
  }
  return { update, tick: update };
}

/**
 * @param {Alert} first
 * @param {Api} api
 * @param {Store} store
 * @returns {View<Alert>}
 */
function createCard(first, api, store) {
  const severity = element("span", { class: "severity" });
  const name = nameElement("");
  const words = element("span");
  const age = element("span", { class: "age" });
  const facts = element("p", { class: "facts" });
  const error = element("p", { class: "error", role: "alert", hidden: true });

  /** @param {"acknowledge" | "resolve"} deed */
  async function answer(deed) {
    error.hidden = true;
    const { alert } = await api.post(`/alerts/${first.id}/${deed}`);
    store.apply("alert", alert);
  }
  /** @param {unknown} thrown */
  function show(thrown) {
    error.textContent = describeProblem(thrown);
    error.hidden = false;
    void store.load().catch(() => undefined);
  }
  const acknowledge = actionButton("Acknowledge", "primary", () => answer("acknowledge"), show);
  const resolve = actionButton("Resolve", "secondary", () => answer("resolve"), show);
  const root = element(
    "li",
    { class: "card alert", data: { alert: first.id } },
    element("p", { class: "alert-head" }, severity, age),
    element("h3", {}, name, " ", words),
    facts,
    element("p", { class: "actions big" }, acknowledge, resolve),
    error,
  );
  return { root, update };

  /** @param {Alert} alert */
  function update(alert) {
    root.dataset.severity = alert.severity;
    root.dataset.status = alert.status;
    setText(severity, describeSeverity(alert.severity));
    setText(name, nameOf(store.state, alert));
    setText(words, describeAlert(alert.type));
    setText(age, `for ${formatAge(api.now() - Date.parse(alert.triggeredAt))}`);
    setText(facts, describeFacts(alert, store.state, api.now()));
    if (alert.status === "acknowledged" && !acknowledge.hidden) {
      const focused = document.activeElement === acknowledge;
      acknowledge.hidden = true;
      resolve.className = "primary";
      if (focused) resolve.focus();
    }
  }
}

/**
 * @param {Alert} alert
 * @param {State} state
 * @param {number} nowMs
 */
function describeFacts(alert, state, nowMs) {
  const raised = Date.parse(alert.triggeredAt);
  const parts = [`Since ${formatTime(raised, nowMs)}`];
  const event = alert.eventId === null ? undefined : state.events.get(alert.eventId);
  if (event?.exact) {
    parts.push(
      `alert ${formatLatency(Date.parse(alert.createdAt) - Date.parse(event.occurredLatest))} after it happened`,
    );
  }
  if (alert.acknowledgedAt !== null) {
    const by = alert.acknowledgedBy === null ? "" : ` by ${isolated(alert.acknowledgedBy.name)}`;
    parts.push(
      `acknowledged${by} ${formatLatency(Date.parse(alert.acknowledgedAt) - Date.parse(alert.createdAt))} later`,
    );
  }
  return parts.join(" · ");
}
