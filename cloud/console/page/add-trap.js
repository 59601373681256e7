// Owns the panel that adds a trap: when it is watched, and its two parts, the button (nearby.js) and the claim code (claim-codes.js).
import { createClaimCodes } from "./claim-codes.js";
import { byId } from "./dom.js";
import { createNearby } from "./nearby.js";

/** @import { Api } from "./api.js" */
/** @import { Store } from "./store.js" */

/**
 * @param {{ api: Api, store: Store, say: (text: string) => void }} deps
 * @returns {{ update: () => void, tick: () => void, stop: () => void }}
 */
export function createAddTrap(deps) {
  const panel = /** @type {HTMLDetailsElement} */ (byId("add"));
  let devicesShown = 0;
  let stopped = false;
  const nearby = createNearby({
    ...deps,
    isWatched: () => !stopped && panel.open && document.visibilityState === "visible",
    onAllClaimed() {
      panel.open = false;
    },
  });
  const codes = createClaimCodes(deps);
  byId("add-content").replaceChildren(nearby.root, codes.root);

  function watch() {
    nearby.poll();
    if (panel.open) codes.load();
  }
  panel.addEventListener("toggle", watch);
  document.addEventListener("visibilitychange", watch);
  watch();
  return {
    update() {
      if (devicesShown === deps.store.state.devices.size) return;
      devicesShown = deps.store.state.devices.size;
      // It may be a code that brought the new one.
      if (panel.open) codes.load();
    },
    tick: nearby.tick,
    stop() {
      stopped = true;
      nearby.stop();
      panel.removeEventListener("toggle", watch);
      document.removeEventListener("visibilitychange", watch);
      byId("add-content").replaceChildren();
    },
  };
}
