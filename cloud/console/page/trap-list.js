// Owns the traps on the page: a card each with its drawing, state, facts, and the orders a person can give. A command is shown from its
// sending to the trap's answer.
import { actionButton, byId, createList, element, nameElement, setText } from "./dom.js";
import { describeProblem } from "./problem-words.js";
import { createTrapDrawing } from "./trap-drawing.js";
import {
  describeCode,
  describeKind,
  describeSignal,
  describeTrapState,
  formatAge,
  formatVolts,
  isolated,
} from "./words.js";

/** @import { Api } from "./api.js" */
/** @import { View } from "./dom.js" */
/** @import { Command, Device } from "./shapes.ts" */
/** @import { Store } from "./store.js" */

/** @typedef {(question: { title: string, words: string, yes: string, no: string }) => Promise<boolean>} Ask */

const DONE = {
  identify: "It blinks fast now, and beeps unless its buzzer is off.",
  silence: "It is quiet now.",
  reboot: "It has started anew.",
  release: "",
};

/**
 * @param {{ api: Api, store: Store, ask: Ask, say: (text: string) => void }} deps
 * @returns {{ update: () => void, tick: () => void }}
 */
export function createTrapList({ api, store, ask, say }) {
  /** @type {Map<string, (command: Command) => void>} */
  const heard = new Map();
  store.onCommand((device, command) => heard.get(device.id)?.(command));
  const list = createList(
    byId("traps"),
    (/** @type {Device} */ device) => device.id,
    (device) => {
      const { view, hear } = createCard(device, { api, store, ask, say });
      heard.set(device.id, hear);
      return view;
    },
  );
  function update() {
    list([...store.state.devices.values()]);
    byId("no-traps").hidden = store.state.devices.size > 0;
    for (const id of heard.keys()) if (!store.state.devices.has(id)) heard.delete(id);
  }
  return { update, tick: update };
}

/**
 * @param {Device} first
 * @param {{ api: Api, store: Store, ask: Ask, say: (text: string) => void }} deps
 * @returns {{ view: View<Device>, hear: (command: Command) => void }}
 */
function createCard(first, { api, store, ask, say }) {
  let device = first;
  /** The last command of this page, until it is answered. @type {number | null} */
  let pending = null;
  const face = createFace();
  const answer = element("p", { class: "remark", role: "status", hidden: true });
  const error = element("p", { class: "error", role: "alert", hidden: true });

  /** @param {string} text */
  function tell(text) {
    error.hidden = true;
    answer.textContent = text;
    answer.hidden = text === "";
  }
  /** @param {unknown} thrown */
  function show(thrown) {
    answer.hidden = true;
    error.textContent = describeProblem(thrown);
    error.hidden = false;
  }
  /** @param {"identify" | "silence"} name */
  async function command(name) {
    const { command: made } = await api.post(`/devices/${device.id}/commands`, { command: name });
    pending = made.id;
    tell(
      device.online ? "Sent; waiting for its answer." : "It is offline. It will do this if it is back within a minute.",
    );
  }
  async function release() {
    const isSure = await ask({
      title: `Release ${isolated(device.name)}?`,
      words: "It forgets you, its open alerts are closed, and whoever holds its button can claim it anew.",
      yes: "Release it",
      no: "Keep it",
    });
    if (!isSure) return;
    await api.post(`/devices/${device.id}/release`);
    say(`${isolated(device.name)} was released.`);
    byId("traps-title").focus();
    await store.load();
  }

  face.root.append(
    element(
      "p",
      { class: "actions" },
      actionButton("Identify", "secondary", () => command("identify"), show),
      actionButton("Silence", "secondary", () => command("silence"), show),
      actionButton("Release …", "quiet", release, show),
    ),
    answer,
    error,
  );
  return {
    view: {
      root: face.root,
      update(now) {
        device = now;
        face.update(now, api.now());
      },
    },
    hear(told) {
      if (told.id !== pending || told.answeredAt === null) return;
      pending = null;
      const why = describeCode(told.code);
      tell(why === "" ? DONE[told.command] : `It refused: ${why}.`);
    },
  };
}

/** What a trap looks like, without the orders. */
function createFace() {
  const drawing = createTrapDrawing();
  const name = nameElement("");
  const online = element("span", { class: "presence" });
  const label = element("strong", { class: "state" });
  const hint = element("span", { class: "hint" });
  const facts = createFacts(["Battery", "Signal", "Firmware", "Last seen", "Serial number"]);
  const head = element("div", { class: "trap-head" }, element("h3", {}, name), online);
  const state = element("p", { class: "trap-state", aria: { live: "polite" } }, label, " ", hint);
  const root = element(
    "li",
    { class: "card trap" },
    head,
    element("div", { class: "trap-look" }, drawing.root, state),
    facts.root,
  );

  /** @param {Device} device @param {number} nowMs */
  function update(device, nowMs) {
    const said = describeTrapState(device.trapState);
    root.dataset.device = device.id;
    root.dataset.online = String(device.online);
    root.dataset.state = device.trapState ?? "unknown";
    drawing.update(device.trapState ?? "unknown", `${describeKind(device.kind)}: ${said.label}`);
    setText(name, device.name);
    setText(online, device.online ? "Online" : "Offline");
    setText(label, said.label);
    setText(
      hint,
      device.online || device.trapState === null ? said.hint : "This is what it said last; it is offline now.",
    );
    const signal = device.rssi === null ? null : describeSignal(device.rssi);
    facts.update([
      device.batteryMv === null ? "not known" : formatVolts(device.batteryMv),
      signal === null ? "not known" : signal.words,
      describeFirmware(device),
      describeLastSeen(device, nowMs),
      device.serialNumber ?? "none",
    ]);
    facts.root.dataset.signal = signal?.level ?? "";
  }
  return { root, update };
}

/** @param {string[]} labels */
function createFacts(labels) {
  const values = labels.map(() => element("dd"));
  const pairs = labels.map((label, index) => element("div", {}, element("dt", { text: label }), values[index] ?? null));
  return {
    root: element("dl", { class: "facts" }, ...pairs),
    /** @param {string[]} texts */
    update: (texts) => values.forEach((value, index) => void setText(value, texts[index] ?? "")),
  };
}

/** @param {Device} device */
function describeFirmware(device) {
  if (device.firmwareVersion === null) return "not known";
  return device.firmwareSha256 === null
    ? device.firmwareVersion
    : `${device.firmwareVersion} (${device.firmwareSha256.slice(0, 8)})`;
}

/** @param {Device} device @param {number} nowMs */
function describeLastSeen(device, nowMs) {
  if (device.lastSeen === null) return "never";
  const agoMs = nowMs - Date.parse(device.lastSeen);
  return agoMs < 5_000 ? "just now" : `${formatAge(agoMs)} ago`;
}
