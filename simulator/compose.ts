// Owns the wiring of a simulator: one trap with its surroundings and its control page. The story of `trapline up`, the tests and main.ts
// use this same composition.
import type { Identity } from "#protocol";
import { type Clock, createWallClock } from "./board/clock.ts";
import { createWorld, type RadioTimes, type World } from "./board/radio.ts";
import { type ControlServer, startControlServer } from "./control.ts";
import { createSimulatedTrap, type SimulatedTrap } from "./trap.ts";
import type { TrapFiles } from "./trap-image.ts";

export interface SimulatorOptions extends TrapFiles {
  identity: Identity;
  wifi: { ssid: string; password: string };
  seed: number;
  imageFile?: string;
  reflash?: boolean;
  /** Of the control page; 0 (as unless told) for any that is free. */
  controlPort?: number;
  /** The host's time unless told. */
  clock?: Clock;
  bootMs?: number;
  radioTimes?: Partial<RadioTimes>;
  resolveHost?(host: string): string | undefined;
}

export interface Simulator {
  readonly trap: SimulatedTrap;
  readonly world: World;
  /** Of the control page, without a slash at the end. */
  readonly address: string;
  stop(): Promise<void>;
}

/** From a reset to the first line of code on the real chip, about. */
const BOOT_MS = 300;

/** A trap without power, and its page. @throws Error of the system if the port is taken; then nothing is left behind. */
export async function createSimulator(options: SimulatorOptions): Promise<Simulator> {
  const world = createWorld(options.wifi);
  const clock = options.clock ?? createWallClock();
  const trap = createSimulatedTrap({
    ...options,
    clock,
    world,
    bootMs: options.bootMs ?? BOOT_MS,
    // A program that hangs must not take the host with it: the cloud may live in the same process.
    limitCallbacks: true,
  });
  let control: ControlServer;
  try {
    control = await startControlServer({ trap, clock: createWallClock(), port: options.controlPort ?? 0 });
  } catch (thrown) {
    trap.stop();
    throw thrown;
  }
  return {
    trap,
    world,
    address: control.address,
    async stop() {
      await control.stop();
      trap.stop();
    },
  };
}
