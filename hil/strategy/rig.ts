// Owns the doors through which a suite reaches its board and the cloud. strategy.ts wires the drivers behind them.
import type { ConsoleLine } from "#protocol";
import type { Person } from "../drivers/cloud/person.ts";
import type { Tap } from "../drivers/cloud/tap.ts";
import type { FirmwareFiles } from "../drivers/firmware-files.ts";
import type { Fixture } from "../drivers/fixture/fixture.ts";
import type { Port } from "../drivers/port/port.ts";
import type { Switch } from "../drivers/switch/switch.ts";
import type { BoardResource } from "../resources/bench.ts";

/** The trap's serial console. */
export interface TrapConsole {
  /** Place in what was heard so far; a wait that begins here sees nothing older. */
  mark(): number;
  /** The first of the trap's own lines from `from` on that fits, with its place: `at + 1` sees what came after it. @throws a failed wait that tells the last lines */
  see(
    from: number,
    what: string,
    withinMs: number,
    fits: (line: ConsoleLine) => boolean,
  ): Promise<ConsoleLine & { at: number }>;
  /** The first line of any kind (boot log, interpreter) that matches. */
  seeText(from: number, pattern: RegExp, withinMs: number): Promise<{ text: string; at: number }>;
  /** Types an order of the console grammar; on a locked console the password first. */
  order(name: string, fields?: Record<string, string>): Promise<void>;
  /** The last lines, for messages. */
  lastLines(): string[];
}

export interface Rig {
  readonly resource: BoardResource;
  readonly console: TrapConsole;
  readonly port: Port;
  /** Undefined where the bench has none: such a suite skips with the reason. */
  readonly fixture: Fixture | undefined;
  readonly power: Switch | undefined;
  readonly accessPoint: Switch | undefined;
  /** Whose trap it is, from `online` on; before that an account without traps. */
  readonly owner: Person;
  /** Of the cloud, for the trap that the owner has claimed. @throws before it was claimed */
  readonly deviceId: string;
  /** On the board's way to the cloud; undefined where nothing of the bench stands in between. */
  readonly taps: { http: Tap; mqtt: Tap } | undefined;
  /** What the board was flashed with, and what it can be updated to. */
  readonly firmware: FirmwareFiles;
  /** Makes the board's own time run faster while `run` runs; undefined on real boards. */
  readonly hurry: (<T>(speed: number, run: () => Promise<T>) => Promise<T>) | undefined;
}
