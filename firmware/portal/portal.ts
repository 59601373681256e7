// Owns when a trap opens a network of its own, for a phone to tell it which Wi-Fi to join [PORTAL-1]. Pure; portal-effects.ts does it.
//
// open    while no Wi-Fi is known; with one that cannot be joined only in a window: after the power came on, after a press of 3 s, and
//         after a phone has named a network that turns out not to be joined. On a battery in these windows alone, since an open network
//         takes twice the current.
// closed  otherwise; always while there is a network.
// A window ends: a trap whose router is off must be there when it comes back, and nobody shall find a door that stands open for ever.

/** After the power came on a known network has so long to be joined. */
export const JOIN_MS = 60000;
export const POWER_ON_WINDOW_MS = 120000;
export const PRESSED_WINDOW_MS = 300000;
/** With no network known, on a battery. */
export const BATTERY_WINDOW_MS = 900000;
/** A phone that is heard keeps the window open so long, but in all no longer than the next. */
export const HEARD_MS = 120000;
export const WINDOW_MS_MAX = 900000;

export interface Portal {
  isOpen: boolean;
  /** The window; -1 for none. */
  opensAt: number;
  closesAt: number;
  wakeAt: number;
}

export type PortalInput =
  | { name: "power-returned" }
  | { name: "button-pressed" }
  | { name: "phone-heard" }
  | { name: "network-told" }
  /** Somebody wants to know name and password of the network. */
  | { name: "access-asked" }
  /** Something else is as it was not, or time has passed. */
  | { name: "look" };

/** As things stand. */
export interface PortalSituation {
  isWired: boolean;
  isJoined: boolean;
  knowsNetwork: boolean;
  onBattery: boolean;
}

export function createPortal(): Portal {
  return { isOpen: false, opensAt: -1, closesAt: -1, wakeAt: 0 };
}

export function decidePortal(before: Portal, input: PortalInput, s: PortalSituation, now: number): Portal {
  const n = Object.assign({}, before);
  switch (input.name) {
    case "power-returned":
      n.opensAt = s.knowsNetwork ? now + JOIN_MS : now;
      n.closesAt = n.opensAt + (s.knowsNetwork ? POWER_ON_WINDOW_MS : BATTERY_WINDOW_MS);
      break;
    case "button-pressed":
      n.opensAt = now;
      n.closesAt = now + PRESSED_WINDOW_MS;
      break;
    case "network-told":
      n.opensAt = now + JOIN_MS;
      n.closesAt = n.opensAt + PRESSED_WINDOW_MS;
      break;
    case "phone-heard":
      if (n.opensAt >= 0) {
        n.closesAt = Math.min(Math.max(n.closesAt, now + HEARD_MS), n.opensAt + WINDOW_MS_MAX);
      }
      break;
    default:
  }
  if (s.isJoined || s.isWired || (n.closesAt >= 0 && now >= n.closesAt)) {
    n.opensAt = -1;
    n.closesAt = -1;
  }
  const inWindow = n.opensAt >= 0 && now >= n.opensAt;
  n.isOpen = !s.isWired && !s.isJoined && (inWindow || (!s.knowsNetwork && !s.onBattery));
  n.wakeAt = n.opensAt < 0 ? 0 : inWindow ? n.closesAt : n.opensAt;
  return n;
}
