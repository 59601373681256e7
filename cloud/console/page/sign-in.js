// Owns the way in: the two forms, their errors by field, and the token in the address that `trapline up` prints, which is exchanged for a
// cookie and taken out of the address before anything else.

import { ApiError } from "./api.js";
import { byId, runBusy } from "./dom.js";
import { describeProblem } from "./problem-words.js";

/** @import { Api } from "./api.js" */
/** @import { Me } from "./shapes.ts" */

/**
 * The token of `#token=...`, which is then no longer in the address, nor in the history. Null if there is none.
 * @returns {string | null}
 */
export function takeToken() {
  const token = new URLSearchParams(window.location.hash.slice(1)).get("token");
  if (token === null) return null;
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
  return token;
}

/**
 * @param {{ api: Api, onSignedIn: (me: Me) => void }} deps
 */
export function createSignIn({ api, onSignedIn }) {
  const signIn = form("sign-in");
  const register = form("register");
  byId("to-register").addEventListener("click", () => swap(signIn, register));
  byId("to-sign-in").addEventListener("click", () => swap(register, signIn));
  listen(signIn, async (fields) => onSignedIn(await api.post("/login", fields)));
  listen(register, async (fields) => onSignedIn(await api.post("/register", fields)));
  return {
    /** Empty both forms, whoever was here. */
    reset() {
      for (const one of [signIn, register]) {
        one.reset();
        clearErrors(one);
      }
    },
  };
}

/** @param {string} id */
function form(id) {
  return /** @type {HTMLFormElement} */ (byId(id));
}

/** @param {HTMLFormElement} from @param {HTMLFormElement} to */
function swap(from, to) {
  const [left, right] = [from, to].map((one) => /** @type {HTMLInputElement} */ (one.elements.namedItem("email")));
  if (left && right && right.value === "") right.value = left.value;
  from.hidden = true;
  to.hidden = false;
  to.querySelector("input")?.focus();
}

/**
 * @param {HTMLFormElement} target
 * @param {(fields: Record<string, string>) => Promise<void>} send
 */
function listen(target, send) {
  const button = /** @type {HTMLButtonElement} */ (target.querySelector("button[type=submit]"));
  target.addEventListener("submit", (event) => {
    event.preventDefault();
    clearErrors(target);
    const fields = Object.fromEntries([...new FormData(target)].map(([name, value]) => [name, String(value)]));
    void runBusy(
      button,
      () => send(fields),
      (error) => showError(target, error),
    );
  });
}

/** @param {HTMLFormElement} target */
function clearErrors(target) {
  for (const input of target.querySelectorAll("input")) input.removeAttribute("aria-invalid");
  const error = /** @type {HTMLElement} */ (target.querySelector(".error"));
  error.hidden = true;
}

/** @param {HTMLFormElement} target @param {unknown} thrown */
function showError(target, thrown) {
  const error = /** @type {HTMLElement} */ (target.querySelector(".error"));
  error.textContent = describeProblem(thrown);
  error.hidden = false;
  for (const { field } of thrown instanceof ApiError ? thrown.errors : []) {
    const input = target.elements.namedItem(field);
    if (input instanceof HTMLElement) input.setAttribute("aria-invalid", "true");
  }
  const first = /** @type {HTMLElement | null} */ (target.querySelector("[aria-invalid=true], input[type=password]"));
  first?.focus();
}
