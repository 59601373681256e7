// Owns the doors through which a suite reaches its board and the cloud. open-rig.ts wires the drivers behind them.
import type { ConsoleLine } from "#protocol";
import type { Clock } from "../clock.ts";
import type { BenchCloud, BoardDoor, IdentityDto } from "../drivers/cloud/bench-cloud.ts";
import type { CloudTurns } from "../drivers/cloud/cloud-turns.ts";
import type { Person } from "../drivers/cloud/person.ts";
import type { FirmwareFiles } from "../drivers/firmware-files.ts";
import type { Fixture } from "../drivers/fixture/fixture.ts";
import type { Port } from "../drivers/port/port.ts";
import type { Switch } from "../drivers/switch/switch.ts";
import type { BoardResource } from "../resources/bench.ts";
import type { StepContext } from "../steps/step.ts";
import type { BoardState } from "./states.ts";

/** Where a line stands and when it was heard: `at` in milliseconds of the bench's clock; a wait from `place + 1` on sees what came after. */
export interface Heard {
  at: number;
  place: number;
}

/** The trap's serial console. */
export interface TrapConsole {
  /** Place in what was heard so far; a wait that begins here sees nothing older. */
  mark(): number;
  /** The first of the trap's own lines from `from` on that fits. @throws a failed wait that tells the last lines */
  see(from: number, what: string, withinMs: number, fits: (line: ConsoleLine) => boolean): Promise<ConsoleLine & Heard>;
  /** The first line of any kind (boot log, interpreter) that matches. */
  seeText(from: number, pattern: RegExp, withinMs: number): Promise<{ text: string } & Heard>;
  /** Types an order of the console grammar; on a locked console the password first. */
  order(name: string, fields?: Record<string, string>): Promise<void>;
  /** The last lines, for messages. */
  lastLines(): string[];
}

export interface Rig {
  readonly resource: BoardResource;
  readonly clock: Clock;
  readonly console: TrapConsole;
  readonly port: Port;
  /** Undefined where the bench has none: such a suite skips with the reason. */
  readonly fixture: Fixture | undefined;
  readonly power: Switch | undefined;
  readonly accessPoint: Switch | undefined;
  /** Who the board is to the cloud. */
  readonly identity: IdentityDto;
  readonly cloud: BenchCloud;
  /** Who may restart the cloud that others use as well, and when. */
  readonly turns: CloudTurns;
  /** Where the board finds the cloud. */
  readonly door: BoardDoor;
  /** On the board's way to the cloud; undefined where nothing of the bench stands in between. */
  readonly taps: BoardDoor["taps"];
  /** Whose trap it is, from `online` on; before that an account without traps. Follows the live stream. */
  readonly owner: Person;
  /** Somebody else, with an account of their own; they leave with the rig. */
  meetStranger(): Promise<Person>;
  /** Of the cloud, for the trap that the owner has claimed. @throws StepFailure before it was claimed */
  readonly deviceId: string;
  /** What the board was flashed with, and what it can be updated to. */
  readonly firmware: FirmwareFiles;
  /** Makes the board's own time run faster while `run` runs; undefined on real boards. */
  readonly hurry: (<T>(speed: number, run: () => Promise<T>) => Promise<T>) | undefined;
  /** Brings the board to a state from wherever it is; does nothing where it is there. */
  reach(context: StepContext, state: BoardState): Promise<void>;
  /** The suite has claimed it, or given it away (undefined): what the rig knows of the owner's trap. */
  noteDevice(deviceId: string | undefined): void;
}
