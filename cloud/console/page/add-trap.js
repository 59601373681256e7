// Owns claiming by button on the page: the traps in claiming mode nearby, asked for while somebody looks, one by its serial number, and
// the form that makes one of them ours. The other way in is claim-codes.js.
import { createClaimCodes } from "./claim-codes.js";
import { byId, createList, element, runBusy, setText } from "./dom.js";
import { describeProblem } from "./problem-words.js";
import { describeKind, formatLeft, isolated } from "./words.js";

/** @import { Api } from "./api.js" */
/** @import { View } from "./dom.js" */
/** @import { Nearby } from "./shapes.ts" */
/** @import { Store } from "./store.js" */

const POLL_MS = 2_000;
const POLL_MS_AFTER_ERROR = 10_000;
const NAME_CHARS_MAX = 100;

/** @typedef {{ api: Api, store: Store, say: (text: string) => void }} Deps */

/**
 * @param {Deps} deps
 * @returns {{ update: () => void, tick: () => void, stop: () => void }}
 */
export function createAddTrap(deps) {
  const { api } = deps;
  const panel = /** @type {HTMLDetailsElement} */ (byId("add"));
  /** @type {Nearby[]} */
  let nearby = [];
  /** Found by its serial number, wherever it is; asked for once, since such questions are counted. @type {Nearby | null} */
  let sought = null;
  let timer = 0;
  let stopped = false;

  const traps = element("ul", { class: "rows", id: "nearby" });
  const none = element("p", { class: "remark", text: "Looking for traps in claiming mode …" });
  const error = element("p", { class: "error", role: "alert", hidden: true });
  const list = createList(
    traps,
    (/** @type {Nearby} */ trap) => trap.serialNumber,
    (trap) => createRow(trap, deps, forget),
  );
  const codes = createClaimCodes(deps);
  byId("add-content").replaceChildren(
    element("h3", { text: "By its button" }),
    element("p", {
      class: "hint",
      text: "Hold the button of the trap for 3 seconds, until it beeps, and let go. It blinks once a second and appears here for ten minutes, if it is in the same network.",
    }),
    traps,
    none,
    createSearch(async (serialNumber) => {
      sought = (await api.get(`/claiming/nearby?serialNumber=${encodeURIComponent(serialNumber)}`)).traps[0] ?? null;
      render();
      return sought !== null;
    }),
    error,
    codes.root,
  );

  /** @param {string} serialNumber claimed, or out of reach */
  function forget(serialNumber) {
    nearby = nearby.filter((trap) => trap.serialNumber !== serialNumber);
    if (sought?.serialNumber === serialNumber) sought = null;
    render();
  }

  function render() {
    const all = new Map(nearby.map((trap) => [trap.serialNumber, trap]));
    if (sought !== null) all.set(sought.serialNumber, sought);
    const open = [...all.values()].filter((trap) => Date.parse(trap.expiresAt) > api.now());
    list(open);
    none.hidden = open.length > 0;
  }

  const isWatched = () => !stopped && panel.open && document.visibilityState === "visible";

  async function poll() {
    window.clearTimeout(timer);
    if (!isWatched()) return;
    let pauseMs = POLL_MS;
    try {
      nearby = (await api.get("/claiming/nearby")).traps;
      error.hidden = true;
    } catch (thrown) {
      setText(error, describeProblem(thrown));
      error.hidden = false;
      pauseMs = POLL_MS_AFTER_ERROR;
    }
    if (stopped) return;
    render();
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void poll(), pauseMs);
  }

  function watch() {
    void poll();
    if (panel.open) codes.load();
  }
  panel.addEventListener("toggle", watch);
  document.addEventListener("visibilitychange", watch);
  watch();
  let devicesShown = 0;
  return {
    update() {
      if (devicesShown === deps.store.state.devices.size) return;
      devicesShown = deps.store.state.devices.size;
      // It may be a code that brought the new one.
      if (panel.open) codes.load();
    },
    tick: render,
    stop() {
      stopped = true;
      window.clearTimeout(timer);
      panel.removeEventListener("toggle", watch);
      document.removeEventListener("visibilitychange", watch);
      byId("add-content").replaceChildren();
    },
  };
}

/**
 * @param {Nearby} trap
 * @param {Deps} deps
 * @param {(serialNumber: string) => void} forget
 * @returns {View<Nearby>}
 */
function createRow(trap, { api, store, say }, forget) {
  const id = `claim-${trap.serialNumber}`;
  const left = element("span", { class: "hint" });
  const name = element("input", {
    id,
    name: "name",
    required: true,
    maxlength: NAME_CHARS_MAX,
    autocomplete: "off",
    placeholder: "Kitchen, loft, cellar …",
    dir: "auto",
  });
  const button = element("button", { class: "primary", type: "submit", text: "Claim" });
  const error = element("p", { class: "error", role: "alert", hidden: true });
  async function claim() {
    error.hidden = true;
    const { device } = await api.post("/claiming/claims", { serialNumber: trap.serialNumber, name: name.value.trim() });
    say(`${isolated(device.name)} is yours. It picks up its credentials now.`);
    if (!store.state.devices.has(device.id)) store.apply("device", device);
    byId("traps-title").focus();
    forget(trap.serialNumber);
  }
  const root = element(
    "li",
    { class: "row" },
    element(
      "p",
      { class: "row-head" },
      element("strong", { text: trap.serialNumber }),
      element("span", { class: "hint", text: `${describeKind(trap.kind)}, ${trap.macAddress}` }),
      left,
    ),
    element(
      "form",
      {
        class: "line",
        onsubmit(event) {
          event.preventDefault();
          void runBusy(button, claim, (thrown) => {
            error.textContent = describeProblem(thrown);
            error.hidden = false;
          });
        },
      },
      element("div", { class: "field" }, element("label", { for: id, text: "Call it" }), name),
      button,
    ),
    error,
  );
  return {
    root,
    update: (now) => void setText(left, `open for ${formatLeft(Date.parse(now.expiresAt) - api.now())}`),
  };
}

/**
 * @param {(serialNumber: string) => Promise<boolean>} seek whether there is such a trap in claiming mode
 */
function createSearch(seek) {
  const input = element("input", {
    id: "serial",
    name: "serial",
    required: true,
    maxlength: 32,
    autocomplete: "off",
    placeholder: "TL-…",
  });
  input.minLength = 4;
  const button = element("button", { class: "secondary", type: "submit", text: "Find" });
  const answer = element("p", { class: "remark", role: "status", hidden: true });
  /** @param {string} text */
  function tell(text) {
    answer.textContent = text;
    answer.hidden = text === "";
  }
  const form = element(
    "form",
    {
      class: "line",
      onsubmit(event) {
        event.preventDefault();
        const serialNumber = input.value.trim().toUpperCase();
        const deed = async () => {
          const isFound = await seek(serialNumber);
          tell(
            isFound ? "" : `${serialNumber} is not in claiming mode. Hold its button for 3 seconds, then try again.`,
          );
        };
        void runBusy(button, deed, (thrown) => tell(describeProblem(thrown)));
      },
    },
    element(
      "div",
      { class: "field" },
      element("label", { for: "serial", text: "Not in this network? Its serial number" }),
      input,
    ),
    button,
  );
  return element("div", {}, form, answer);
}
