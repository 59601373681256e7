// Owns claim codes on the page: make one beforehand, read it aloud or type it off, withdraw it. Who uses it is a trap.
import { actionButton, createList, element, nameElement, runBusy, setText } from "./dom.js";
import { describeProblem } from "./problem-words.js";
import { formatTime, isolated } from "./words.js";

/** @import { Api } from "./api.js" */
/** @import { View } from "./dom.js" */
/** @import { Code } from "./shapes.ts" */

const NAME_CHARS_MAX = 100;

/**
 * @param {{ api: Api, say: (text: string) => void }} deps
 * @returns {{ root: HTMLElement, load: () => void }}
 */
export function createClaimCodes({ api, say }) {
  const codes = element("ul", { class: "rows", id: "codes" });
  const error = element("p", { class: "error", role: "alert", hidden: true });
  const list = createList(
    codes,
    (/** @type {Code} */ code) => code.code,
    (code) => createRow(code, api, load, show),
  );

  /** @param {unknown} thrown */
  function show(thrown) {
    error.textContent = describeProblem(thrown);
    error.hidden = false;
  }
  async function load() {
    const answer = await api.get("/claim-codes");
    list(answer.codes.filter((/** @type {Code} */ code) => code.status === "active"));
  }
  const form = createForm(async (deviceName) => {
    error.hidden = true;
    const made = await api.post("/claim-codes", { deviceName });
    say(`The claim code for ${isolated(deviceName)} is ${made.display}.`);
    await load();
  }, show);
  const root = element(
    "div",
    { class: "part" },
    element("h3", { text: "By a claim code" }),
    element("p", {
      class: "hint",
      text: "Make a code before you go to the trap. Whoever sets it up types the code in; it is good once, for a day.",
    }),
    form,
    codes,
    error,
  );
  return { root, load: () => void load().catch(show) };
}

/**
 * @param {Code} code
 * @param {Api} api
 * @param {() => Promise<void>} load
 * @param {(error: unknown) => void} show
 * @returns {View<Code>}
 */
function createRow(code, api, load, show) {
  const until = element("span", { class: "hint" });
  const withdraw = actionButton(
    "Withdraw",
    "quiet",
    async () => {
      await api.remove(`/claim-codes/${encodeURIComponent(code.code)}`);
      await load();
    },
    show,
  );
  withdraw.setAttribute("aria-label", `Withdraw the code ${code.display}`);
  const root = element(
    "li",
    { class: "row spread" },
    element(
      "div",
      {},
      element("code", { class: "code", text: code.display }),
      element("p", { class: "row-head" }, nameElement(code.deviceName ?? "no name"), until),
    ),
    withdraw,
  );
  return {
    root,
    update: (now) => void setText(until, `good until ${formatTime(Date.parse(now.expiresAt), api.now())}`),
  };
}

/**
 * @param {(deviceName: string) => Promise<void>} make
 * @param {(error: unknown) => void} show
 */
function createForm(make, show) {
  const input = element("input", {
    id: "code-name",
    name: "deviceName",
    required: true,
    maxlength: NAME_CHARS_MAX,
    autocomplete: "off",
    placeholder: "Kitchen, loft, cellar …",
    dir: "auto",
  });
  const button = element("button", { class: "secondary", type: "submit", text: "Make a code" });
  return element(
    "form",
    {
      class: "line",
      onsubmit(event) {
        event.preventDefault();
        const deed = async () => {
          await make(input.value.trim());
          input.value = "";
        };
        void runBusy(button, deed, show);
      },
    },
    element("div", { class: "field" }, element("label", { for: "code-name", text: "The trap will be called" }), input),
    button,
  );
}
