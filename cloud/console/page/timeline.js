// Owns how the past is shown: one line per entry, newest first, bounded in length. What an entry is comes from timeline-entries.js.
import { byId, createList, element, nameElement, setText } from "./dom.js";
import { listEntries } from "./timeline-entries.js";
import { formatTime } from "./words.js";

/** @import { Api } from "./api.js" */
/** @import { View } from "./dom.js" */
/** @import { Store } from "./store.js" */
/** @import { Entry } from "./timeline-entries.js" */

const ENTRIES_MAX = 100;

/**
 * @param {{ api: Api, store: Store }} deps
 * @returns {{ update: () => void }}
 */
export function createTimeline({ api, store }) {
  const isOneMachine = ["127.0.0.1", "localhost", "[::1]"].includes(window.location.hostname);
  const list = createList(
    byId("past"),
    (/** @type {Entry} */ entry) => entry.key,
    () => createLine(api),
  );
  return {
    update() {
      const entries = listEntries(store.state, { countMax: ENTRIES_MAX, isOneMachine });
      list(entries);
      byId("no-past").hidden = entries.length > 0;
    },
  };
}

/**
 * @param {Api} api
 * @returns {View<Entry>}
 */
function createLine(api) {
  const time = element("time");
  const name = nameElement("");
  const words = element("span");
  const latencies = element("span", { class: "latencies" });
  const root = element("li", {}, time, element("span", { class: "what" }, name, " ", words, " ", latencies));
  let shown = "";
  return {
    root,
    update(entry) {
      root.dataset.tone = entry.tone;
      setText(time, formatTime(entry.atMs, api.now()));
      time.dateTime = new Date(entry.atMs).toISOString();
      setText(name, entry.name);
      setText(words, entry.words);
      const text = entry.latencies.join("\n");
      if (text === shown) return;
      shown = text;
      latencies.replaceChildren(
        ...entry.latencies.flatMap((one) => [element("span", { class: "latency", text: one }), " "]),
      );
    },
  };
}
