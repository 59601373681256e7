// Owns a board on a table: simulated time, files in Storage, every console line kept. For the tests of the board's parts.
import { type Board, type BoardOptions, createBoard } from "../../simulator/board/board.ts";
import { createSimClock, type SimClock } from "../../simulator/board/clock.ts";
import { createFlash } from "../../simulator/board/flash.ts";
import { createWorld, type World } from "../../simulator/board/radio.ts";
import { composeStorageImage } from "../../simulator/board/storage.ts";
import { STORAGE_ADDRESS } from "../../simulator/board/storage-directory.ts";

export interface Workbench {
  board: Board;
  clock: SimClock;
  world: World;
  /** What the console has printed. */
  lines: string[];
  /** Types code as one line and gives what it printed at once. */
  run(code: string): string[];
}

export const HOME = { ssid: "home", password: "cheese-please" };

export interface WorkbenchOptions extends Partial<BoardOptions> {
  /** In Storage before the power comes, by name. */
  files?: Record<string, string>;
}

/** A board that is on. Call `board.stop()` in the end. */
export function createWorkbench(options: WorkbenchOptions = {}): Workbench {
  const clock = createSimClock({ startMs: 50_000 });
  const world = options.world ?? createWorld(HOME);
  const flash = options.flash ?? createFlash();
  const files = Object.entries(options.files ?? {});
  if (files.length > 0) {
    const data = files.map(([name, text]) => ({ name, data: Buffer.from(text, "latin1") }));
    flash.program(STORAGE_ADDRESS, composeStorageImage(data));
  }
  const board = createBoard({ flash, clock, world, seed: 1, ...options });
  const lines: string[] = [];
  board.console.onLine((line) => lines.push(line));
  board.powerOn();
  return {
    board,
    clock,
    world,
    lines,
    run(code) {
      const before = lines.length;
      board.console.type(`${code.replaceAll("\n", " ")}\n`);
      return lines.slice(before);
    },
  };
}

/** Joins the radio and lets it come online. */
export function goOnline(bench: Workbench): void {
  bench.run(`require("Wifi").connect("${HOME.ssid}", { password: "${HOME.password}" }, function () {});`);
  bench.clock.advance(1000);
}
