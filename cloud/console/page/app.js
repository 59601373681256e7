// The page's main: who is here, which of its two faces is shown, and the wiring of the parts. The parts know the store, not each other.
import { createAddTrap } from "./add-trap.js";
import { createAlertList } from "./alert-list.js";
import { createApi } from "./api.js";
import { byId, setText } from "./dom.js";
import { followLive } from "./live.js";
import { describeProblem } from "./problem-words.js";
import { createSignIn, takeToken } from "./sign-in.js";
import { listOpenAlerts, nameOf } from "./state.js";
import { createStore } from "./store.js";
import { createTimeline } from "./timeline.js";
import { createTrapList } from "./trap-list.js";
import { describeAlert, describeSeverity, isolated } from "./words.js";

/** @import { Me } from "./shapes.ts" */

const TICK_MS = 1_000;
/** A restart of the cloud or a change of networks is no news; longer than this, what is shown may be wrong. */
const LOST_MS = 4_000;
const LIVE_WORDS = { live: "Live", down: "Connecting", lost: "Reconnecting" };

/** @type {(() => void) | null} */
let leave = null;
const api = createApi({ onSignedOut: () => showSignedOut("Your session has ended. Sign in again.") });
const signIn = createSignIn({ api, onSignedIn: (me) => showSignedIn(me) });

/** @param {"starting" | "signed-out" | "signed-in"} face */
function showFace(face) {
  for (const id of ["starting", "signed-out", "signed-in"]) byId(id).hidden = id !== face;
}

/** @param {string} message */
function showSignedOut(message) {
  leave?.();
  leave = null;
  document.title = "Trapline";
  signIn.reset();
  const remark = byId("signed-out-message");
  remark.textContent = message;
  remark.hidden = message === "";
  showFace("signed-out");
}

/** @param {Me} me */
function showSignedIn(me) {
  leave?.();
  setText(byId("tenant"), me.tenant.name);
  byId("tenant").title = me.user.email;
  showFace("signed-in");
  leave = openBoard();
}

/** @param {string} text for those who hear the page */
function say(text) {
  byId("spoken").textContent = text;
}

/** @param {keyof typeof LIVE_WORDS} state */
function showLive(state) {
  byId("live").dataset.state = state;
  setText(byId("live-words"), LIVE_WORDS[state]);
}

/** @param {string} text empty: all is well */
function showBanner(text) {
  setText(byId("banner"), text);
  byId("banner").hidden = text === "";
}

/** @param {{ title: string, words: string, yes: string, no: string }} question */
function ask(question) {
  const dialog = /** @type {HTMLDialogElement} */ (byId("question"));
  byId("question-title").textContent = question.title;
  byId("question-words").textContent = question.words;
  byId("question-yes").textContent = question.yes;
  byId("question-no").textContent = question.no;
  dialog.returnValue = "no";
  dialog.showModal();
  byId("question-no").focus();
  return /** @type {Promise<boolean>} */ (
    new Promise((resolve) => {
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    })
  );
}

/** Everything a signed-in person sees; the answer ends it. */
function openBoard() {
  const store = createStore(api);
  const alerts = createAlertList({ api, store });
  const traps = createTrapList({ api, store, ask, say });
  const timeline = createTimeline({ api, store });
  const addTrap = createAddTrap({ api, store, say });
  let first = true;
  let losing = 0;

  function update() {
    alerts.update();
    traps.update();
    timeline.update();
    addTrap.update();
    const open = listOpenAlerts(store.state).length;
    document.title = open > 0 ? `(${open}) Trapline` : "Trapline";
  }
  async function load() {
    try {
      await store.load();
      showBanner("");
      if (first && store.state.devices.size === 0) /** @type {HTMLDetailsElement} */ (byId("add")).open = true;
      first = false;
    } catch (error) {
      showBanner(`This may be out of date. ${describeProblem(error)}`);
    }
  }
  store.subscribe(update);
  store.onNewAlert((alert) => {
    const said = `${describeSeverity(alert.severity)}: ${isolated(nameOf(store.state, alert))} ${describeAlert(alert.type)}.`;
    byId("spoken-at-once").textContent = said;
  });
  showLive("down");
  const live = followLive({
    onOpen() {
      window.clearTimeout(losing);
      showLive("live");
      void load();
    },
    onDown() {
      showLive("lost");
      window.clearTimeout(losing);
      losing = window.setTimeout(
        () => showBanner("The connection is lost; this may be out of date. Trying again …"),
        LOST_MS,
      );
    },
    onResync: () => void load(),
    onMessage: (type, data) => store.apply(type, data),
    check: () => api.get("/me"),
  });
  const ticking = window.setInterval(() => {
    alerts.tick();
    traps.tick();
    addTrap.tick();
  }, TICK_MS);
  return () => {
    live.stop();
    window.clearTimeout(losing);
    /** @type {HTMLDialogElement} */ (byId("question")).close();
    window.clearInterval(ticking);
    addTrap.stop();
    for (const id of ["alerts", "traps", "past"]) byId(id).replaceChildren();
    /** @type {HTMLDetailsElement} */ (byId("add")).open = false;
    showBanner("");
    say("");
    byId("spoken-at-once").textContent = "";
  };
}

async function signOut() {
  try {
    await api.post("/logout");
    showSignedOut("");
  } catch (error) {
    showBanner(`You are still signed in. ${describeProblem(error)}`);
  }
}

/** @param {string | null} token */
async function start(token) {
  let message = "";
  if (token !== null) {
    try {
      await api.exchangeToken(token);
    } catch (error) {
      message = `This link did not sign you in; it may be of an earlier start. ${describeProblem(error)}`;
    }
  }
  try {
    showSignedIn(await api.get("/me"));
  } catch (error) {
    const isStranger = error instanceof Error && "status" in error && error.status === 401;
    showSignedOut(isStranger ? message : describeProblem(error));
  }
}

byId("sign-out").addEventListener("click", () => void signOut());
window.addEventListener("hashchange", () => {
  const token = takeToken();
  if (token !== null) void start(token);
});
void start(takeToken());
