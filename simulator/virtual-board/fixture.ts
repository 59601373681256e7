// Owns the fixture: a second board that is nothing but the interpreter with its console, wired to the trap. Its outputs close the trap's
// switches to ground, its inputs see the trap's LED and buzzer.
import { createBoard } from "../board/board.ts";
import type { Clock } from "../board/clock.ts";
import { createFlash } from "../board/flash.ts";
import type { World } from "../board/radio.ts";
import { TRAP_PINS, type TrapCase } from "../case.ts";
import { distort } from "../rom/noise.ts";
import { createSerialLines } from "../serial/lines.ts";
import { createUart, type Uart } from "../serial/uart.ts";
import { createDoubleSilicon } from "./silicon.ts";

export interface FixtureOptions {
  clock: Clock;
  hostClock: Clock;
  world: World;
  mac: string;
  seed: number;
}

export interface FixtureBoard {
  readonly uart: Uart;
  stop(): void;
}

/** What is wired to what: button and plunger of the trap, its LED and its buzzer. */
export const FIXTURE_PINS = { button: 18, plunger: 19, led: 21, buzzer: 22 } as const;
const BAUD = 115_200;

/** With power, and at its prompt. */
export function createFixture(trap: TrapCase, options: FixtureOptions): FixtureBoard {
  const { clock, world, seed, mac } = options;
  const board = createBoard({ clock, world, seed, macAddress: mac, flash: createFlash(), limitCallbacks: true });
  const silicon = createDoubleSilicon(board, { send: (bytes) => uart.send(bytes, BAUD) });
  const lines = createSerialLines({
    clock: options.hostClock,
    // Nobody flashes it, so its strap is of no interest.
    onPins: ({ enable }) => {
      if (!enable) silicon.stop();
      else if (board.state() === "off") silicon.start("power-on");
    },
  });
  const uart = createUart({ lines, receive: (bytes, baud = BAUD) => silicon.receive(distort(bytes, baud, BAUD)) });
  const unwire = wire(trap, board.pins);
  silicon.start("power-on");
  return {
    uart,
    stop() {
      lines.stop();
      unwire();
      board.stop();
    },
  };
}

type BoardPins = TrapCase["board"]["pins"];

function wire(trap: TrapCase, pins: BoardPins): () => void {
  const switches = [
    { pin: FIXTURE_PINS.button, close: trap.others.button.join(), wire: trap.wires.button },
    { pin: FIXTURE_PINS.plunger, close: trap.others.plunger.join(), wire: trap.wires.plunger },
  ];
  const eyes = new Map<number, number>([
    [TRAP_PINS.led, FIXTURE_PINS.led],
    [TRAP_PINS.buzzer, FIXTURE_PINS.buzzer],
  ]);
  /** An open switch is pulled up by a trap that runs, which the fixture can read back. */
  const readBack = () => {
    const pulled = trap.board.state() === "running" ? 1 : undefined;
    for (const { pin, wire } of switches) pins.drive(pin, wire.isClosed() ? 0 : pulled);
  };
  const stops = [
    pins.onDrive((pin, level) => switches.find((one) => one.pin === pin)?.close(level === 0)),
    trap.board.pins.onDrive((pin, level) => {
      const eye = eyes.get(pin);
      if (eye !== undefined) pins.drive(eye, level);
    }),
    ...switches.map(({ wire }) => wire.onChange(readBack)),
    trap.board.onEvent(readBack),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
