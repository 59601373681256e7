// Owns a chip without a ROM: what is flashed runs as soon as EN rises with power, whatever its strap says.
import type { Chip, ChipOptions, ChipState } from "../rom/chip.ts";

const BAUD = 115_200;

export function createChip(options: ChipOptions): Chip {
  const listeners = new Set<(state: ChipState) => void>();
  let hasPower = false;
  let isEnabled = true;
  let state: ChipState = "off";
  const silicon = options.createSilicon({
    flash: options.flash,
    send: (bytes) => options.onSend(bytes, BAUD),
    reset: (reason) => silicon.start(reason),
  });

  function settle(): void {
    const next = !hasPower ? "off" : isEnabled ? "running" : "reset";
    if (next === state) return;
    state = next;
    if (next === "running") silicon.start("power-on");
    else silicon.stop();
    for (const listener of [...listeners]) listener(next);
  }

  return {
    receive: (bytes) => silicon.receive(bytes),
    setPower(on) {
      hasPower = on;
      settle();
    },
    setEnable(high) {
      isEnabled = high;
      settle();
    },
    setIo0: () => undefined,
    state: () => state,
    bootMode: () => 0x13,
    onState(listen) {
      listeners.add(listen);
      return () => void listeners.delete(listen);
    },
    stop: () => silicon.stop(),
  };
}
