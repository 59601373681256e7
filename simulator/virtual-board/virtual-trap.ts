// Owns the trap of a virtual board: the case with its switches around a chip that boots what was flashed, and the connector whose lines reset
// it. The button, and the lines, close GPIO0 to ground, which is the strap IO0 as well.
import { decodeIdentity, IDENTITY_FLASH_ADDRESS } from "#protocol";
import type { Clock } from "../board/clock.ts";
import type { Flash } from "../board/flash.ts";
import type { Pins } from "../board/pins.ts";
import type { World } from "../board/radio.ts";
import { createWearableFlash, type WearableFlash } from "../board/worn-flash.ts";
import { createTrapCase, type TrapCase } from "../case.ts";
import type { Chip, Silicon, SiliconHost } from "../rom/chip.ts";
import { createChip } from "../rom/chip.ts";
import { createLineFaults, type LineFaults } from "../serial/line-faults.ts";
import { createSerialLines } from "../serial/lines.ts";
import { createUart, type Uart } from "../serial/uart.ts";
import { createDoubleSilicon, toBootReason } from "./silicon.ts";

export interface VirtualTrapOptions {
  /** The board's time. */
  clock: Clock;
  /** Of those who move its lines. */
  hostClock: Clock;
  flash: Flash;
  world: World;
  mac: string;
  seed: number;
  /** Somebody else's hands hold the plunger. */
  plungerSet: boolean;
  /** In place of our double. */
  createSilicon?(host: SiliconHost, pins: Pins): Silicon;
}

export interface VirtualTrap {
  readonly trap: TrapCase;
  readonly chip: Chip;
  readonly uart: Uart;
  /** What is wrong with its wires, and with its flash. */
  readonly faults: LineFaults;
  readonly flash: WearableFlash;
  stop(): void;
}

const IDENTITY_BYTES_MAX = 512;
/** Of the host's time: eight boards on two cores take their turns. */
const HANGING_MS = 20_000;

/** Without power. */
export function createVirtualTrap(options: VirtualTrapOptions): VirtualTrap {
  const { clock, mac } = options;
  const flash = createWearableFlash(options.flash);
  const faults = createLineFaults();
  const trap = createTrapCase({
    ...options,
    flash,
    macAddress: mac,
    serialNumber: () => readSerialNumber(flash),
    // A program that hangs must not take this process with it; one that waits for a busy machine hangs not.
    limitCallbacks: true,
    evaluateLimitMs: HANGING_MS,
    onReset: (reason) => resetChip(reason),
    setPower: (on) => chip.setPower(on),
    typeText: (text) => chip.receive(Buffer.from(text, "latin1"), undefined),
  });
  let resetChip: (reason: Parameters<typeof toBootReason>[0]) => void = () => undefined;
  const chip: Chip = createChip({
    clock,
    flash,
    mac,
    createSilicon: (host) => {
      resetChip = (reason) => host.reset(toBootReason(reason));
      return options.createSilicon?.(host, trap.board.pins) ?? createDoubleSilicon(trap.board, host);
    },
    onSend(bytes, baud) {
      const left = faults.leaving(bytes);
      if (left !== undefined) uart.send(left, baud);
    },
  });
  const { button } = trap.wires;
  const pullIo0 = button.join();
  button.onChange((closed) => chip.setIo0(!closed));
  const lines = createSerialLines({
    clock: options.hostClock,
    onPins(pins) {
      // The strap first: it is read when EN rises.
      pullIo0(!pins.io0);
      chip.setEnable(pins.enable);
    },
  });
  const uart = createUart({
    lines,
    receive(bytes, baud) {
      const arrived = faults.arriving(bytes);
      if (arrived !== undefined) chip.receive(arrived, baud);
    },
  });
  return {
    trap,
    chip,
    uart,
    faults,
    flash,
    stop() {
      lines.stop();
      chip.stop();
      trap.stop();
    },
  };
}

/** As flashed; empty for a board that is no trap yet. */
function readSerialNumber(flash: Flash): string {
  const page = Buffer.from(flash.view(IDENTITY_FLASH_ADDRESS, IDENTITY_BYTES_MAX)).toString("latin1");
  const decoded = decodeIdentity(page.slice(0, page.indexOf("\xff")));
  return decoded.ok ? decoded.value.serial : "";
}
