// Owns `hil flash`: one board flashed by a person's hand. What is flashed is checked first, then which board it is; a board that was not named
// by its chip's address is not written to.
import { join } from "node:path";
import { type Clock, createWallClock } from "../clock.ts";
import { registerIdentity } from "../drivers/cloud/bench-cloud.ts";
import { type FlashResult, flashBoard, probeBoard } from "../drivers/flasher/flash-job.ts";
import { openPort } from "../drivers/port/open-port.ts";
import type { Port } from "../drivers/port/port.ts";
import { EXIT, HilError } from "../error.ts";
import type { Bench } from "../resources/bench.ts";
import { createLeases } from "../resources/leases.ts";
import { createProcesses } from "../resources/processes.ts";
import { type AskIo, ask, chooseTarget, openBenchFile, type Target } from "./choose-target.ts";
import type { CommandIo } from "./command-io.ts";
import { makeLabel } from "./flash-label.ts";
import { createFlashProgress } from "./flash-progress.ts";
import { type FlashFlags, type FlashWish, findMac, readFlashWish } from "./flash-wish.ts";

export type { FlashFlags } from "./flash-wish.ts";

export interface FlashIo extends AskIo, Pick<CommandIo, "root" | "stateFolder" | "environment" | "owner" | "write"> {
  stdout: NodeJS.WritableStream & { columns?: number };
}

/** Where no bench names another: lets a host register traps. */
const FACTORY_TOKEN_ENV = "TRAPLINE_FACTORY_TOKEN";

/** @returns the exit status @throws HilError */
export async function flashCommand(typed: string | undefined, flags: FlashFlags, io: FlashIo): Promise<number> {
  const clock = createWallClock();
  const bench = openBenchFile(flags.bench, io);
  const target = await chooseTarget({ typed, bench, io });
  const mac = findMac(flags, target);
  if (mac === undefined) return tellWho(target, io, clock);
  const wish = await readFlashWish({ flags, target, mac, bench, io, clock });
  const lease = createLeases({
    folder: join(io.stateFolder, "leases"),
    owner: io.owner,
    clock,
    processes: createProcesses(),
  }).take({ mac, name: target.board?.name ?? mac }, "hil flash");
  try {
    const registered = await register(wish, bench, io);
    const result = await write(target, mac, wish, io, clock);
    tell(result, wish, registered, flags, io);
    return EXIT.passed;
  } finally {
    lease.release();
  }
}

/** A board nobody named may be asked who it is, and no more. */
async function tellWho(target: Target, io: FlashIo, clock: Clock): Promise<number> {
  const port = await openPort(target.port, { clock });
  try {
    const { mac } = await probeBoard({ port, clock, ...createHands(port, io) });
    const message = `The board on ${port.name} is ${mac}. Nothing was written: say that it is the one, with --mac ${mac}`;
    throw new HilError("usage", "board-not-named", message);
  } finally {
    await port.close();
  }
}

/** Where the port cannot reset the board, a person can. */
function createHands(port: Port, io: FlashIo): { enterLoader?(): Promise<void>; startProgram?(): Promise<void> } {
  if (port.hasLines || !io.isTerminal) return {};
  const order = async (text: string): Promise<void> => {
    await ask(io, `${text}, then press Enter: `);
    io.signal.throwIfAborted();
  };
  return {
    enterLoader: () => order("Hold BOOT, press and release RESET (EN), release BOOT"),
    startProgram: () => order("Press and release RESET (EN)"),
  };
}

async function write(target: Target, mac: string, wish: FlashWish, io: FlashIo, clock: Clock): Promise<FlashResult> {
  const progress = createFlashProgress({
    draw: (text) => void io.stdout.write(text),
    writeLine: io.writeError,
    isTerminal: io.isTerminal,
    columns: () => io.stdout.columns,
  });
  const port = await openPort(target.port, { clock });
  try {
    return await flashBoard({
      ...{ port, clock, mac, regions: wish.regions, signal: io.signal },
      ...createHands(port, io),
      onProgress: progress.tell,
      onRemark: progress.remark,
    });
  } finally {
    progress.end();
    await port.close();
  }
}

/** Before anything is written: a trap that its cloud does not know would be of no use. @returns why it was not */
async function register({ identity, cloudUrl }: FlashWish, bench: Bench | undefined, io: FlashIo): Promise<string> {
  if (identity === undefined || cloudUrl === undefined) return "its identity stays as it is";
  const name = bench?.cloud.kind === "remote" ? bench.cloud.factoryTokenEnv : FACTORY_TOKEN_ENV;
  const factoryToken = io.environment[name];
  if (!factoryToken) return `not registered: export ${name} and flash again, or register it otherwise`;
  await registerIdentity({ url: cloudUrl, factoryToken }, identity);
  return `registered with ${cloudUrl}`;
}

function tell(result: FlashResult, wish: FlashWish, registered: string, flags: FlashFlags, io: FlashIo): void {
  const label = wish.identity === undefined ? undefined : makeLabel(wish.identity);
  if (flags.json) {
    io.write(JSON.stringify({ ok: true, command: "flash", ...result, label, cloud: registered }));
    return;
  }
  const again = result.attempts === 1 ? "" : `, begun ${result.attempts} times`;
  io.write(`flashed  ${result.mac}  (${result.chip}, ${result.flashBytes / 0x100000} MB${again})`);
  for (const { name, address, bytes, outcome } of result.regions) {
    io.write(`  0x${address.toString(16).padStart(6, "0")}  ${name}  ${bytes} bytes  ${outcome}`);
  }
  if (label === undefined) return;
  io.write(`  cloud    ${registered}`);
  io.write(`label    ${label.serial}`);
  io.write(`  network  ${label.network}`);
  io.write(`  password ${label.password}`);
}
