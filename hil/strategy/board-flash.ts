// Owns a board's flash as the strategy uses it: what is put on it, by the flasher, and how the board gets into its loader and out of it, by
// its lines or by its power and the fixture's hand on its button.
import { type Clock, pause } from "../clock.ts";
import type { BoardDoor, IdentityDto } from "../drivers/cloud/bench-cloud.ts";
import type { FirmwareFiles } from "../drivers/firmware-files.ts";
import type { Fixture } from "../drivers/fixture/fixture.ts";
import { flashBoard, probeBoard } from "../drivers/flasher/flash-job.ts";
import { noWayToReset, startProgramByLines } from "../drivers/flasher/reset-lines.ts";
import type { Port } from "../drivers/port/port.ts";
import type { Switch } from "../drivers/switch/switch.ts";
import { HilError } from "../error.ts";
import type { BoardResource, FirmwareResource } from "../resources/bench.ts";
import type { EventStream } from "../steps/events.ts";
import { composeMemory, type FlashRegion, readInterpreter, STORAGE_ADDRESS } from "./firmware.ts";
import type { BoardFlash } from "./strategy.ts";

export interface BoardFlashTools {
  resource: BoardResource;
  interpreter: FirmwareResource;
  port: Port;
  clock: Clock;
  fixture: Fixture | undefined;
  power: Switch | undefined;
  identity: IdentityDto;
  door: BoardDoor;
  firmware: FirmwareFiles;
  stream: EventStream;
  /** The console hears nothing while the loader is spoken to. */
  takeLine(): () => void;
}

const OFF_MS = 300;
const STRAP_MS = 300;

export function createBoardFlash(tools: BoardFlashTools): BoardFlash {
  const { resource, port, clock, stream } = tools;
  const { name: board, mac } = resource;
  const entry = chooseEntry(tools);

  return {
    async probe() {
      const found = await probeBoard({ port, clock, ...entry, takeLine: tools.takeLine });
      if (found.mac === mac) return found;
      const message = `The board at ${port.name} is ${found.mac}; ${board} is ${mac}. Nothing was written. Look which board is plugged in there.`;
      throw new HilError("infrastructure", "wrong-board", message);
    },
    async write(context, regions) {
      const { regions: done, ...facts } = await flashBoard({
        ...{ port, clock, mac, regions, ...entry, takeLine: tools.takeLine },
        signal: context.signal,
        onProgress: (what, at, total) => stream.publish({ type: "progress", board, what, done: at, total }),
        onRemark: (text) => stream.publish({ type: "remarked", board, level: "info", text }),
      });
      return {
        ...facts,
        ...Object.fromEntries(done.map((region) => [region.name, `${region.outcome}, MD5 ${region.md5}`])),
      };
    },
    async listRegions(): Promise<FlashRegion[]> {
      const image = await tools.firmware.image();
      const storage = { name: "storage", address: STORAGE_ADDRESS, bytes: image.bytes };
      return [...(await readInterpreter(tools.interpreter)), composeMemory(tools.identity, tools.door), storage];
    },
    reset: () => (entry.startProgram === undefined ? startProgramByLines(port, clock) : entry.startProgram()),
  };
}

/** By the port's lines where it has some; else by power, with IO0 held by the fixture's finger on the button, which is that pin. */
function chooseEntry({ resource, port, clock, fixture, power }: BoardFlashTools): {
  enterLoader?(): Promise<void>;
  startProgram?(): Promise<void>;
} {
  if (port.hasLines) return {};
  if (power === undefined || resource.power?.kind === "lines") {
    const refuse = async (): Promise<void> => {
      throw noWayToReset(port);
    };
    return { enterLoader: refuse, startProgram: refuse };
  }
  async function cycle(): Promise<void> {
    await power?.set(false);
    await pause(clock, OFF_MS);
    await power?.set(true);
  }
  return {
    startProgram: cycle,
    async enterLoader() {
      if (fixture === undefined) throw noWayToReset(port);
      await fixture.setButton(true);
      await cycle();
      await pause(clock, STRAP_MS);
      await fixture.setButton(false);
    },
  };
}
