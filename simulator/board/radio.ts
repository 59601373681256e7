// Owns the Wi-Fi station of the chip and the air around it: joining takes time, fails for reasons with Espruino's names, is tried
// three times, and a lost network is sought again for as many tries as are left, as Espruino's ESP32 driver does. After that the program
// has to ask again. It leaves the module that programs see to modules/wifi-module.ts and the sockets to network.ts.
import type { Clock, TimerHandle } from "./clock.ts";

/** The one network there is, as people set it up and take it down. */
export interface World {
  readonly ssid: string;
  readonly password: string;
  isUp(): boolean;
  setUp(up: boolean): void;
  /** In dBm. */
  rssi(): number;
  setRssi(rssi: number): void;
  /** Called when the network goes up or down; returns how to stop it. */
  onChange(fn: () => void): () => void;
}

export function createWorld(options: { ssid: string; password: string; rssi?: number; up?: boolean }): World {
  const listeners = new Set<() => void>();
  let up = options.up ?? true;
  let rssi = options.rssi ?? -57;
  return {
    ssid: options.ssid,
    password: options.password,
    isUp: () => up,
    setUp(next) {
      if (next === up) return;
      up = next;
      for (const listener of [...listeners]) listener();
    },
    rssi: () => rssi,
    setRssi(next) {
      rssi = next;
    },
    onChange(fn) {
      listeners.add(fn);
      return () => void listeners.delete(fn);
    },
  };
}

/** Espruino's names of the ESP32's reasons, with their numbers. */
export const RADIO_REASONS = {
  ASSOC_LEAVE: 8,
  "4WAY_HANDSHAKE_TIMEOUT": 15,
  BEACON_TIMEOUT: 200,
  NO_AP_FOUND: 201,
} as const;
export type RadioReason = keyof typeof RADIO_REASONS;

export interface RadioListener {
  associated(): void;
  /** There is an address. */
  connected(): void;
  /** Given up, or left. */
  disconnected(reason: RadioReason): void;
}

export type RadioState = "off" | "joining" | "online";

export interface RadioTimes {
  /** From asking to being associated, and as long until a try has failed. */
  associateMs: number;
  /** From being associated to having an address. */
  addressMs: number;
  /** Until the chip notices that the network is gone. */
  noticeMs: number;
}

export interface Radio {
  join(ssid: string, password: string): void;
  leave(): void;
  state(): RadioState;
  /** What was last joined, or tried to. */
  ssid(): string;
  password(): string;
  /** The network a scan would find. */
  visibleSsid(): string | undefined;
  /** Why it was last disconnected. */
  lastReason(): RadioReason | undefined;
  /** In dBm; undefined unless online. */
  rssi(): number | undefined;
  setListener(listener: RadioListener | undefined): void;
  onState(fn: (state: RadioState) => void): void;
  powerOff(): void;
}

const TRIES = 3;
const RADIO_TIMES: RadioTimes = { associateMs: 150, addressMs: 100, noticeMs: 500 };

export function createRadio(options: {
  clock: Clock;
  world: World;
  times?: Partial<RadioTimes>;
}): Radio & { stop(): void } {
  const { clock, world } = options;
  const times = { ...RADIO_TIMES, ...options.times };
  let state: RadioState = "off";
  let wanted = { ssid: "", password: "" };
  let triesLeft = 0;
  let timer: TimerHandle = 0;
  let lastReason: RadioReason | undefined;
  let listener: RadioListener | undefined;
  const stateListeners: ((state: RadioState) => void)[] = [];

  function setState(next: RadioState): void {
    if (next === state) return;
    state = next;
    for (const fn of stateListeners) fn(next);
  }

  function after(ms: number, fn: () => void): void {
    clock.clearTimer(timer);
    timer = clock.setTimer(ms, fn);
  }

  function attempt(): void {
    setState("joining");
    after(times.associateMs, () => {
      const reason = refusal();
      if (reason !== undefined) return fail(reason);
      listener?.associated();
      after(times.addressMs, () => {
        if (!world.isUp()) return fail("BEACON_TIMEOUT");
        setState("online");
        listener?.connected();
      });
    });
  }

  function refusal(): RadioReason | undefined {
    if (!world.isUp() || wanted.ssid !== world.ssid) return "NO_AP_FOUND";
    return wanted.password === world.password ? undefined : "4WAY_HANDSHAKE_TIMEOUT";
  }

  function fail(reason: RadioReason): void {
    triesLeft -= 1;
    if (triesLeft > 0) {
      attempt();
    } else {
      lastReason = reason;
      setState("off");
      listener?.disconnected(reason);
    }
  }

  const stopWatching = world.onChange(() => {
    if (world.isUp() || state !== "online") return;
    setState("joining");
    after(times.noticeMs, () => fail("BEACON_TIMEOUT"));
  });

  function powerOff(): void {
    clock.clearTimer(timer);
    listener = undefined;
    setState("off");
  }

  return {
    join(ssid, password) {
      wanted = { ssid, password };
      triesLeft = TRIES;
      attempt();
    },
    leave() {
      clock.clearTimer(timer);
      if (state === "off") return;
      triesLeft = 0;
      lastReason = "ASSOC_LEAVE";
      setState("off");
      listener?.disconnected("ASSOC_LEAVE");
    },
    state: () => state,
    ssid: () => wanted.ssid,
    password: () => wanted.password,
    visibleSsid: () => (world.isUp() ? world.ssid : undefined),
    lastReason: () => lastReason,
    rssi: () => (state === "online" ? world.rssi() : undefined),
    setListener(next) {
      listener = next;
    },
    onState: (fn) => void stateListeners.push(fn),
    powerOff,
    stop() {
      stopWatching();
      powerOff();
    },
  };
}
