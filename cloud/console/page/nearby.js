// Owns the traps in claiming mode on the page: those nearby, asked for while somebody looks, one by its serial number, and the form that
// makes one of them ours.
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

/** @typedef {{ api: Api, store: Store, say: (text: string) => void, isWatched: () => boolean, onAllClaimed: () => void }} Deps */

/**
 * @param {Deps} deps isWatched: whether anybody looks, asked before each question to the cloud; onAllClaimed: called after a claim that
 *   leaves none to be claimed
 * @returns {{ root: HTMLElement, poll: () => void, tick: () => void, stop: () => void }} poll: ask now, and go on while watched
 */
export function createNearby(deps) {
  const { api, isWatched } = deps;
  const view = createView(deps, seek, (serialNumber) => {
    if (show(state.nearby, serialNumber) === 0) deps.onAllClaimed();
  });
  /** `sought` was found by its serial number, wherever it is; asked for once, since such questions are counted. */
  const state = { nearby: /** @type {Nearby[]} */ ([]), sought: /** @type {Nearby | null} */ (null), timer: 0 };

  /** @param {Nearby[]} nearby @param {string} [claimed] is no longer offered @returns {number} how many are shown */
  function show(nearby, claimed) {
    state.nearby = nearby.filter((trap) => trap.serialNumber !== claimed);
    if (state.sought?.serialNumber === claimed) state.sought = null;
    const all = new Map(state.nearby.map((trap) => [trap.serialNumber, trap]));
    if (state.sought !== null) all.set(state.sought.serialNumber, state.sought);
    const open = [...all.values()].filter((trap) => Date.parse(trap.expiresAt) > api.now());
    view.update(open);
    return open.length;
  }

  /** @param {string} serialNumber */
  async function seek(serialNumber) {
    const { traps } = await api.get(`/claiming/nearby?serialNumber=${encodeURIComponent(serialNumber)}`);
    state.sought = traps[0] ?? null;
    show(state.nearby);
    return state.sought !== null;
  }

  async function poll() {
    window.clearTimeout(state.timer);
    if (!isWatched()) return;
    let problem = "";
    try {
      show((await api.get("/claiming/nearby")).traps);
    } catch (thrown) {
      problem = describeProblem(thrown);
    }
    view.showError(problem);
    if (!isWatched()) return;
    window.clearTimeout(state.timer);
    state.timer = window.setTimeout(() => void poll(), problem === "" ? POLL_MS : POLL_MS_AFTER_ERROR);
  }

  return {
    root: view.root,
    poll: () => void poll(),
    tick: () => void show(state.nearby),
    stop: () => window.clearTimeout(state.timer),
  };
}

/**
 * @param {Deps} deps
 * @param {(serialNumber: string) => Promise<boolean>} seek
 * @param {(serialNumber: string) => void} forget
 */
function createView(deps, seek, forget) {
  const traps = element("ul", { class: "rows", id: "nearby" });
  const none = element("p", { class: "remark", text: "Looking for traps in claiming mode …" });
  const error = element("p", { class: "error", role: "alert", hidden: true });
  const list = createList(
    traps,
    (/** @type {Nearby} */ trap) => trap.serialNumber,
    (trap) => createRow(trap, deps, forget),
  );
  const how =
    "Hold the button of the trap for 3 seconds, until it beeps, and let go. It blinks once a second and appears here for ten minutes, " +
    "if it is in the same network.";
  const title = element("h3", { text: "By its button" });
  const hint = element("p", { class: "hint", text: how });
  return {
    root: element("div", { class: "part" }, title, hint, traps, none, createSearch(seek), error),
    /** @param {Nearby[]} open */
    update(open) {
      list(open);
      none.hidden = open.length > 0;
    },
    /** @param {string} text */
    showError(text) {
      setText(error, text);
      error.hidden = text === "";
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
