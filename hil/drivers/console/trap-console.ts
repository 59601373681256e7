// Owns the conversation with a trap over its serial console: what was heard, with times, and waits for what is to be heard; orders, and the
// password where the console is locked. It hands every line on, and says at once when a line tells of a breakdown [BENCH-31].
import { parseConsoleLine } from "#protocol";
import type { Clock } from "../../clock.ts";
import { HilError } from "../../error.ts";
import type { TrapConsole } from "../../strategy/rig.ts";
import type { Port } from "../port/port.ts";
import { isPanic, isRomLine } from "./console-text.ts";
import { createHeardLines } from "./heard-lines.ts";
import { createLineReader, type ReadLine } from "./line-reader.ts";
import { createLock } from "./lock.ts";
import { showOrder, typeOrder } from "./order-text.ts";

export interface HeardLine {
  /** `in`: from the board. */
  direction: "in" | "out";
  source: "rom" | "console";
  text: string;
  /** As `now` tells it. */
  at: number;
}

export interface TrapConsoleOptions {
  port: Port;
  clock: Clock;
  /** What lines are dated with; the clock's own time unless told. */
  now?(): number;
  /** Of the trap, 32 bytes in hexadecimal: opens a locked console. Asked for when it is needed. */
  key?(): string | undefined;
  onLine?(line: HeardLine): void;
  /** At once, with the line that tells of the breakdown. */
  onPanic?(text: string): void;
}

export interface StoppableTrapConsole extends TrapConsole {
  /** What arrives from now on is not the trap's, but for a flashing tool; until what is returned is called. */
  pause(): () => void;
  /** Waits that are still open fail. The port stays as it is. */
  stop(): void;
}

export function createTrapConsole(options: TrapConsoleOptions): StoppableTrapConsole {
  const { port, clock } = options;
  const now = options.now ?? (() => clock.now());
  const read = createLineReader();
  const lines = createHeardLines(clock);
  const lock = createLock({
    type: (text) => port.write(Buffer.from(text, "latin1")),
    key: () => options.key?.(),
    tell: (text) => options.onLine?.({ direction: "out", source: "console", text, at: now() }),
  });

  function hear({ raw, text }: ReadLine): void {
    if (text === "") return;
    const heard = { text, line: parseConsoleLine(raw), at: now() };
    const source = heard.line === null && isRomLine(text) ? "rom" : "console";
    options.onLine?.({ direction: "in", source, text, at: heard.at });
    if (isPanic(text)) options.onPanic?.(text);
    lock.hear(text);
    lines.add(heard);
  }

  const end = (reason: string): void => {
    const message = `The console on ${port.name} is gone: ${reason}. Look at the cable and its power.`;
    lines.failAll(new HilError("infrastructure", "port-gone", message));
  };
  let pauses = 0;
  const stopHearing = port.onBytes((bytes) => {
    if (pauses === 0) read(bytes).forEach(hear);
  });
  const stopWatching = port.onEnd(end);
  return {
    mark: lines.mark,
    see: (from, what, withinMs, fits) =>
      lines.wait(from, what, withinMs, ({ line, at, place }) =>
        line !== null && fits(line) ? { ...line, at, place } : undefined,
      ),
    seeText: (from, pattern, withinMs) =>
      lines.wait(from, `a line like ${pattern}`, withinMs, ({ text, at, place }) =>
        text.search(pattern) >= 0 ? { text, at, place } : undefined,
      ),
    order: (name, fields = {}) => lock.order(typeOrder(name, fields), showOrder(name, fields)),
    lastLines: lines.lastLines,
    pause() {
      pauses += 1;
      return () => {
        pauses -= 1;
      };
    },
    stop() {
      stopHearing();
      stopWatching();
      end("nobody listens to it any more");
    },
  };
}
