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

export interface AccessPoint {
  ssid: string;
  /** Empty for an open one. */
  password: string;
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
  /** The network of the board's own; undefined while it has none. */
  accessPoint(): AccessPoint | undefined;
  setAccessPoint(accessPoint: AccessPoint | undefined): void;
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

export interface RadioOptions {
  clock: Clock;
  world: World;
  times?: Partial<RadioTimes>;
}

export function createRadio(options: RadioOptions): Radio & { stop(): void } {
  return new Station(options);
}

class Station implements Radio {
  readonly #clock: Clock;
  readonly #world: World;
  readonly #times: RadioTimes;
  readonly #stopWatching: () => void;
  readonly #stateListeners: ((state: RadioState) => void)[] = [];
  #state: RadioState = "off";
  #wanted = { ssid: "", password: "" };
  #triesLeft = 0;
  #timer: TimerHandle = 0;
  #lastReason: RadioReason | undefined;
  #listener: RadioListener | undefined;
  #accessPoint: AccessPoint | undefined;

  constructor({ clock, world, times }: RadioOptions) {
    this.#clock = clock;
    this.#world = world;
    this.#times = { ...RADIO_TIMES, ...times };
    this.#stopWatching = world.onChange(() => this.#onWorldChange());
  }

  join(ssid: string, password: string): void {
    this.#wanted = { ssid, password };
    this.#triesLeft = TRIES;
    this.#attempt();
  }

  leave(): void {
    this.#clock.clearTimer(this.#timer);
    if (this.#state !== "off") this.#giveUp("ASSOC_LEAVE");
  }

  state(): RadioState {
    return this.#state;
  }

  ssid(): string {
    return this.#wanted.ssid;
  }

  password(): string {
    return this.#wanted.password;
  }

  visibleSsid(): string | undefined {
    return this.#world.isUp() ? this.#world.ssid : undefined;
  }

  accessPoint(): AccessPoint | undefined {
    return this.#accessPoint;
  }

  setAccessPoint(accessPoint: AccessPoint | undefined): void {
    this.#accessPoint = accessPoint;
  }

  lastReason(): RadioReason | undefined {
    return this.#lastReason;
  }

  rssi(): number | undefined {
    return this.#state === "online" ? this.#world.rssi() : undefined;
  }

  setListener(listener: RadioListener | undefined): void {
    this.#listener = listener;
  }

  onState(fn: (state: RadioState) => void): void {
    this.#stateListeners.push(fn);
  }

  powerOff(): void {
    this.#clock.clearTimer(this.#timer);
    this.#listener = undefined;
    this.#accessPoint = undefined;
    this.#setState("off");
  }

  stop(): void {
    this.#stopWatching();
    this.powerOff();
  }

  #setState(next: RadioState): void {
    if (next === this.#state) return;
    this.#state = next;
    for (const fn of this.#stateListeners) fn(next);
  }

  #after(ms: number, fn: () => void): void {
    this.#clock.clearTimer(this.#timer);
    this.#timer = this.#clock.setTimer(ms, fn);
  }

  #attempt(): void {
    this.#setState("joining");
    this.#after(this.#times.associateMs, () => {
      const reason = this.#refusal();
      if (reason === undefined) this.#associate();
      else this.#fail(reason);
    });
  }

  #associate(): void {
    this.#listener?.associated();
    this.#after(this.#times.addressMs, () => {
      if (this.#world.isUp()) {
        this.#setState("online");
        this.#listener?.connected();
      } else {
        this.#fail("BEACON_TIMEOUT");
      }
    });
  }

  #refusal(): RadioReason | undefined {
    if (!this.#world.isUp() || this.#wanted.ssid !== this.#world.ssid) return "NO_AP_FOUND";
    return this.#wanted.password === this.#world.password ? undefined : "4WAY_HANDSHAKE_TIMEOUT";
  }

  /** Also for a network that was joined and is lost: what is left of the tries goes into finding it again. */
  #fail(reason: RadioReason): void {
    this.#triesLeft -= 1;
    if (this.#triesLeft > 0) this.#attempt();
    else this.#giveUp(reason);
  }

  #giveUp(reason: RadioReason): void {
    this.#triesLeft = 0;
    this.#lastReason = reason;
    this.#setState("off");
    this.#listener?.disconnected(reason);
  }

  #onWorldChange(): void {
    if (this.#world.isUp() || this.#state !== "online") return;
    this.#setState("joining");
    this.#after(this.#times.noticeMs, () => this.#fail("BEACON_TIMEOUT"));
  }
}
