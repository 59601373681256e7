// Owns the virtual board that a recording is put into: its flash composed as a whole, its process started, its hands over its controls, its
// console over its port. It ends with the replay, and nothing of it stays.
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { type Identity, parseConsoleCommand } from "#protocol";
import type { Clock } from "../clock.ts";
import { type ChildProgram, startChild } from "../drivers/child/child-program.ts";
import { createTrapConsole } from "../drivers/console/trap-console.ts";
import { openPort } from "../drivers/port/open-port.ts";
import { parsePort } from "../drivers/port/parse-port.ts";
import { createHttpSwitch } from "../drivers/switch/http-switch.ts";
import { writeStandIns } from "../drivers/virtual/virtual-boards.ts";
import { HilError } from "../error.ts";
import { composeMemory, type FlashRegion, readInterpreter, STORAGE_ADDRESS } from "../strategy/firmware.ts";
import type { ReplayBoard } from "./replay-board.ts";

export interface VirtualReplayOptions {
  /** The repository. */
  root: string;
  /** For the flash; it is removed afterwards. */
  folder: string;
  /** The whole Storage partition. */
  storage: Uint8Array;
  identity: Identity;
  wifi: { ssid: string; password: string };
  environment: NodeJS.ProcessEnv;
  clock: Clock;
}

export interface VirtualReplayBoard extends ReplayBoard {
  close(): Promise<void>;
}

const PROGRAM = "simulator/virtual-board/main.ts";
const FLASH_BYTES = 4 * 1024 * 1024;
const START_MS_MAX = 60_000;
const STOP_MS_MAX = 5_000;

/** Without power. @throws HilError "program-ended", "program-silent", "image-unusable" and what ports and switches throw */
export async function startVirtualReplayBoard(options: VirtualReplayOptions): Promise<VirtualReplayBoard> {
  const file = await writeFlash(options);
  const { root, environment, clock, identity, wifi } = options;
  const words = ["--serial", "tcp", "--flash", file, "--mac", identity.mac];
  const network = ["--ssid", wifi.ssid, "--password", wifi.password];
  const name = "the virtual board of the replay";
  const child = startChild({ name, root, words: [PROGRAM, ...words, ...network], environment, clock });
  try {
    const told = readTold(await child.firstLine(START_MS_MAX));
    return await openBoard(options, child, told);
  } catch (error) {
    await child.stop(STOP_MS_MAX);
    throw error;
  }
}

async function openBoard(options: VirtualReplayOptions, child: ChildProgram, told: Told): Promise<VirtualReplayBoard> {
  const { clock, identity } = options;
  async function post(action: string, body: object): Promise<void> {
    const request = { url: `${told.control}/api/${action}`, method: "POST" as const, body };
    await createHttpSwitch({ kind: "http", on: request, off: request }, clock).set(true);
  }
  await post("power", { on: false });
  const port = await openPort(parsePort(told.serial), { clock });
  const listeners = new Set<(text: string) => void>();
  const console = createTrapConsole({
    ...{ port, clock, key: () => identity.key },
    onLine({ direction, text }) {
      if (direction === "in") for (const listen of listeners) listen(text);
    },
  });
  return {
    onLine(listen) {
      listeners.add(listen);
      return () => void listeners.delete(listen);
    },
    async order(text) {
      const parsed = parseConsoleCommand(text);
      if (parsed !== null) await console.order(parsed.name, parsed.fields);
    },
    setPower: (on) => post("power", { on }),
    setWifi: (up) => post("network", { up }),
    setButton: (pressed) => post("button", { action: pressed ? "hold" : "release" }),
    pressButton: (ms) => post("button", { action: "press", ms }),
    setPlunger: (set) => post(set ? "set" : "spring", {}),
    setSpeed: (speed) => post("clock", { speed }),
    async close() {
      console.stop();
      await port.close();
      await child.stop(STOP_MS_MAX);
      await fs.rm(options.folder, { recursive: true, force: true });
    },
  };
}

async function writeFlash(options: VirtualReplayOptions): Promise<string> {
  const { folder, storage, identity } = options;
  const images = path.join(folder, "images");
  await fs.mkdir(images, { recursive: true });
  const readManifest = async (from: string) => JSON.parse(await fs.readFile(path.join(from, "images.json"), "utf8"));
  const interpreter = await writeStandIns(options, images, readManifest);
  const { serial: serialNumber, mac: macAddress, ...rest } = identity;
  const regions: FlashRegion[] = [
    ...(await readInterpreter({ interpreter })),
    composeMemory({ serialNumber, macAddress, ...rest }, identity),
    { name: "storage", address: STORAGE_ADDRESS, bytes: storage },
  ];
  const flash = Buffer.alloc(FLASH_BYTES, 0xff);
  for (const { name, address, bytes } of regions) {
    if (address + bytes.length > flash.length) {
      const message = `The ${name} of the replay has ${bytes.length} bytes, more than fit at 0x${address.toString(16)}.`;
      throw new HilError(
        "usage",
        "image-unusable",
        `${message} Name a Storage partition, as npm run firmware -- image makes it.`,
      );
    }
    flash.set(bytes, address);
  }
  const file = path.join(folder, "flash.bin");
  await fs.writeFile(file, flash, { mode: 0o600 });
  return file;
}

interface Told {
  serial: string;
  control: string;
}

function readTold(line: string): Told {
  const told: unknown = line.startsWith("{") ? JSON.parse(line) : null;
  if (typeof told === "object" && told !== null && "serial" in told && "control" in told) {
    return { serial: String(told.serial), control: String(told.control) };
  }
  const message = `The virtual board of the replay told no addresses, but "${line}". Start it by hand to see more: node --import tsx ${PROGRAM}`;
  throw new HilError("infrastructure", "virtual-board-not-started", message);
}
