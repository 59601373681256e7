// Owns the firmware's ports for one boot of a trap in the proof: a clock of its own, hands, a network that leads to the scripted cloud.
// When the boot is over they lead nowhere.
import { type Bytes, type Identity, TRAP_HARDWARE } from "#protocol";
import type * as ports from "../../firmware/ports.ts";
import type { SlotName } from "../../firmware/slots/slot-layout.ts";
import type { SimClock } from "../board/clock.ts";
import type { Flash } from "../board/flash.ts";
import type { ScriptedCloud } from "./cloud.ts";
import { sha256 } from "./sha256.ts";
import { createSlotWriter, readSlotBytes } from "./store-port.ts";

const HOP_MS = 1;
/** Of a request and its answer. */
const REQUEST_MS = 10;
const JOIN_MS = 100;
const RESET_POWER_ON = 1;

/** What people and circumstances do; outlives the boots. */
export interface Surroundings {
  plungerSet: boolean;
  buttonDown: boolean;
  isReachable: boolean;
}

/** One boot. */
export interface Power {
  isOn: boolean;
  clock: SimClock;
  onPlunger(set: boolean, agoMs: number): void;
  onButton(down: boolean, agoMs: number): void;
  onCommand(line: string): void;
  onReboot(): void;
  print(line: string): void;
  /** Of chance in this boot. */
  seed: number;
}

export interface Firmware {
  slot: SlotName;
  version: string;
  sha256: string;
  key: Bytes;
}

export interface PortsOptions {
  power: Power;
  flash: Flash;
  cloud: ScriptedCloud;
  around: Surroundings;
  identity: Identity;
  firmware: Firmware;
  /** Of the record store. */
  pages: ports.Flash;
}

export function createTrapPorts(options: PortsOptions): ports.Ports {
  const { power, flash, identity, firmware, pages } = options;
  return {
    ...{ clock: power.clock, flash: pages, identity, version: firmware.version },
    pins: createPins(options),
    radio: createRadio(power),
    network: createNetwork(options),
    // Nobody comes with a phone: the network is named at the console.
    openPortal: () => ({ answer: ignore, close: ignore }),
    slots: {
      ...{ running: firmware.slot, sha256: firmware.sha256, key: firmware.key, settle: ignore },
      ...createSlotWriter(flash, firmware.slot),
      read: (slot, offset, length) => readSlotBytes(flash, slot, offset, length),
    },
    chip: {
      resetReason: () => RESET_POWER_ON,
      reboot: () => power.onReboot(),
      random() {
        power.seed = (Math.imul(power.seed, 1103515245) + 12345) & 0x7fffffff;
        return power.seed >> 3;
      },
      memory: () => ({ free: 1000, total: 2500 }),
      troubles: () => ({ outOfMemory: false, lostHandler: false }),
      sha256,
      kick: ignore,
      hardware: TRAP_HARDWARE,
    },
    console: {
      print: (line) => power.print(line),
      onCommand(fn) {
        power.onCommand = fn;
      },
    },
  };
}

function ignore(): void {
  // Nothing in the proof depends on it.
}

function createPins({ power, around }: PortsOptions): ports.Pins {
  return {
    isPlungerSet: () => around.plungerSet,
    isButtonDown: () => around.buttonDown,
    watch(onPlunger, onButton) {
      Object.assign(power, { onPlunger, onButton });
    },
    setLed: ignore,
    setBuzzer: ignore,
    batteryMv: () => 4000,
  };
}

function createRadio(power: Power): ports.Radio {
  return {
    wired: false,
    join: (_ssid, _password, done) => void power.clock.setTimer(JOIN_MS, () => done("")),
    leave: ignore,
    onLost: ignore,
    savePower: ignore,
    rssi: () => -57,
  };
}

/** What the trap says is heard at once; what it is told comes a moment later, if it is still there. */
function createNetwork({ power, cloud, around }: PortsOptions): ports.Network {
  const later = (act: () => void, ms = HOP_MS) =>
    void power.clock.setTimer(ms, () => {
      if (power.isOn) act();
    });
  return {
    connect(_host, _port, handlers) {
      let isOpen = true;
      let hear: ((data: Bytes) => void) | undefined;
      const end = (error: string) => {
        if (isOpen) handlers.closed(error);
        isOpen = false;
      };
      later(() => {
        if (!isOpen) return;
        if (!around.isReachable) return end("unreachable");
        hear = cloud.accept({
          reply: (bytes) =>
            later(() => {
              if (isOpen) handlers.received(bytes);
            }),
          close: () => later(() => end("")),
        });
        handlers.opened();
      });
      return {
        write(data) {
          if (isOpen && power.isOn) hear?.(data);
        },
        close() {
          isOpen = false;
        },
      };
    },
    request(request, done) {
      const unreachable = { status: 0, body: "", error: "unreachable" };
      later(() => done(around.isReachable ? cloud.answer(request) : unreachable), REQUEST_MS);
    },
  };
}
