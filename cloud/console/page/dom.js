// Owns the making and keeping of elements. Data reaches the page as text and attributes, never as markup, so what a name says is only
// ever read. Lists are matched by key: an element stays while its item stays, and with it the focus and what was typed.

/**
 * @typedef {{
 *   class?: string, id?: string, type?: string, text?: string, title?: string, dir?: string, name?: string, value?: string,
 *   placeholder?: string, hidden?: boolean, disabled?: boolean, required?: boolean, maxlength?: number, autocomplete?: string,
 *   for?: string, role?: string, datetime?: string, onclick?: (event: Event) => void, onsubmit?: (event: SubmitEvent) => void,
 *   data?: Record<string, string>, aria?: Record<string, string>
 * }} Props
 */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Props} [props]
 * @param {(Node | string | null)[]} children strings become text; null is left out
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  const { text, data, aria, onclick, onsubmit, hidden, disabled, required, ...attributes } = props;
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined) made.setAttribute(name, String(value));
  for (const [name, value] of Object.entries(data ?? {})) made.dataset[name] = value;
  for (const [name, value] of Object.entries(aria ?? {})) made.setAttribute(`aria-${name}`, value);
  made.toggleAttribute("hidden", hidden ?? false);
  made.toggleAttribute("disabled", disabled ?? false);
  made.toggleAttribute("required", required ?? false);
  if (onclick) made.addEventListener("click", onclick);
  if (onsubmit) made.addEventListener("submit", (event) => onsubmit(/** @type {SubmitEvent} */ (event)));
  if (text !== undefined) made.textContent = text;
  for (const child of children) if (child !== null) made.append(child);
  return made;
}

/**
 * A text that may have changed; untouched when it has not, so that a screen reader is not told again.
 * @param {Element} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/**
 * What somebody else has named: isolated, so that its direction of writing does not turn the words around it.
 * @param {string} text
 * @returns {HTMLElement}
 */
export function nameElement(text) {
  return element("bdi", { class: "name", text });
}

/**
 * @template T
 * @typedef {{ root: HTMLElement, update: (item: T) => void }} View
 */

/**
 * Keeps the children of `parent` in step with a list.
 * @template T
 * @param {HTMLElement} parent
 * @param {(item: T) => string} keyOf
 * @param {(item: T) => View<T>} createView
 * @returns {(items: T[]) => void}
 */
export function createList(parent, keyOf, createView) {
  /** @type {Map<string, View<T>>} */
  const views = new Map();
  return (items) => {
    const keys = new Set(items.map(keyOf));
    for (const [key, view] of views) {
      if (keys.has(key)) continue;
      view.root.remove();
      views.delete(key);
    }
    /** @type {Element | null} */
    let place = parent.firstElementChild;
    for (const item of items) {
      const key = keyOf(item);
      const view = views.get(key) ?? createView(item);
      views.set(key, view);
      view.update(item);
      if (view.root === place) place = place.nextElementSibling;
      else parent.insertBefore(view.root, place);
    }
  };
}

/**
 * A button that is busy while its deed is under way, so that two clicks are one. What the deed throws goes to `onError`.
 * @param {string} label
 * @param {string} kind a class: "primary", "quiet", "danger"
 * @param {() => Promise<void>} deed
 * @param {(error: unknown) => void} onError
 * @returns {HTMLButtonElement}
 */
export function actionButton(label, kind, deed, onError) {
  const button = element("button", { type: "button", class: kind, text: label });
  button.addEventListener("click", () => void runBusy(button, deed, onError));
  return button;
}

/**
 * @param {HTMLElement} busy marked while the deed lasts; asked again meanwhile, nothing happens
 * @param {() => Promise<void>} deed
 * @param {(error: unknown) => void} onError
 */
export async function runBusy(busy, deed, onError) {
  if (busy.getAttribute("aria-busy") === "true") return;
  busy.setAttribute("aria-busy", "true");
  try {
    await deed();
  } catch (error) {
    onError(error);
  } finally {
    busy.removeAttribute("aria-busy");
  }
}
