// Owns the wiring of a virtual board: trap, fixture, the ports they stand behind, and the control server. main.ts makes it a process, so that
// whoever uses it sees ports and addresses alone.
import * as fs from "node:fs";
import { type Clock, createWallClock, type WallClock } from "../board/clock.ts";
import { createFlash, FLASH_BYTES, type Flash } from "../board/flash.ts";
import { openFlashFile } from "../board/flash-file.ts";
import type { Pins } from "../board/pins.ts";
import { createWorld } from "../board/radio.ts";
import { createSeededWords } from "../board/random.ts";
import { startControlServer } from "../control.ts";
import type { Silicon, SiliconHost } from "../rom/chip.ts";
import { startPtyServer } from "../serial/pty.ts";
import { startRfc2217Server } from "../serial/rfc2217-server.ts";
import { startTcpServer } from "../serial/tcp-server.ts";
import type { SerialConnector, SerialServer } from "../serial/uart.ts";
import { ConfigError, type SerialKind, type VirtualBoardConfig } from "./config.ts";
import { createVirtualControl } from "./control-posts.ts";
import { createFixture } from "./fixture.ts";
import { createInterpreterSilicon } from "./interpreter-silicon.ts";
import { createVirtualTrap } from "./virtual-trap.ts";

export interface VirtualBoardOptions extends Omit<VirtualBoardConfig, "seed" | "writeImages"> {
  seed: number;
}

/** What a process tells in its first line. */
export interface VirtualBoardAddresses {
  serial: string;
  fixture: string | null;
  control: string;
  /** False where the board lives in the host's time and `/api/clock` refuses. */
  hurries: boolean;
  mac: string;
}

export interface VirtualBoard {
  readonly addresses: VirtualBoardAddresses;
  stop(): Promise<void>;
}

type Undo = (() => void | Promise<void>)[];
type StartServer = (connector: SerialConnector) => Promise<SerialServer>;
const SERVERS: Record<SerialKind, StartServer> = {
  rfc2217: (connector) => startRfc2217Server(connector),
  tcp: (connector) => startTcpServer(connector),
  pty: (connector) => startPtyServer(connector),
};

/** With power. @throws what a part that cannot be started throws; then nothing is left behind */
export async function createVirtualBoard(options: VirtualBoardOptions): Promise<VirtualBoard> {
  const undo: Undo = [];
  const stop = async () => {
    for (const one of undo.splice(0).reverse()) await one();
  };
  try {
    const addresses = await compose(options, undo);
    return { addresses, stop };
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}

async function compose(options: VirtualBoardOptions, undo: Undo): Promise<VirtualBoardAddresses> {
  const { seed } = options;
  const clock: WallClock = createWallClock({ speed: options.speed });
  const hostClock: Clock = createWallClock();
  const world = createWorld(options);
  const mac = options.mac ?? drawMac(seed);
  const flash = openFlash(options.flashFile);
  const shared = { clock, hostClock, world };
  const virtual = createVirtualTrap({
    ...shared,
    flash,
    mac,
    seed,
    plungerSet: !options.fixture,
    ...chooseSilicon(options, hostClock, undo),
  });
  undo.push(() => virtual.stop());
  const serial = await start(options.serial, virtual.uart, undo);
  let fixtureServer: SerialServer | undefined;
  if (options.fixture) {
    const fixture = createFixture(virtual.trap, { ...shared, mac: drawMac(seed + 1), seed: seed + 1 });
    undo.push(() => fixture.stop());
    fixtureServer = await start(options.serial, fixture.uart, undo);
  }
  const hurries = options.interpreter === undefined;
  const more = createVirtualControl(virtual, hurries ? clock : undefined);
  const control = await startControlServer({ trap: virtual.trap, clock: hostClock, port: 0, ...more });
  undo.push(() => control.stop());
  virtual.trap.powerOn();
  const fixtureAddress = fixtureServer?.address ?? null;
  return { serial: serial.address, fixture: fixtureAddress, control: control.address, hurries, mac };
}

/** Our double, unless somebody names an interpreter. */
function chooseSilicon({ interpreter: bin, environment }: VirtualBoardOptions, clock: Clock, undo: Undo) {
  if (bin === undefined) return {};
  if (fs.statSync(bin, { throwIfNoEntry: false })?.isFile() !== true)
    throw new ConfigError(`There is no interpreter at ${bin}.`);
  return {
    createSilicon(host: SiliconHost, pins: Pins): Silicon {
      const silicon = createInterpreterSilicon({ bin, environment, host, pins, clock });
      undo.push(() => silicon.close());
      return silicon;
    },
  };
}

async function start(kind: SerialKind, connector: SerialConnector, undo: Undo) {
  const server = await SERVERS[kind](connector);
  undo.push(() => server.stop());
  return server;
}

/** @throws ConfigError rather than to write over a file that is something else */
function openFlash(file: string | undefined): Flash {
  if (file === undefined) return createFlash();
  const found = fs.statSync(file, { throwIfNoEntry: false });
  if (found !== undefined && found.size !== FLASH_BYTES) {
    throw new ConfigError(`${file} is no flash: it has ${found.size} bytes, not ${FLASH_BYTES}. Name another file.`);
  }
  return createFlash({ file: openFlashFile(file, { createImage: () => new Uint8Array() }) });
}

/** Of the maker's own range. */
function drawMac(seed: number): string {
  const word = createSeededWords(seed)();
  const tail = [word >>> 16, word >>> 8, word].map((part) => (part & 0xff).toString(16).padStart(2, "0"));
  return ["24", "0a", "c4", ...tail].join(":");
}
