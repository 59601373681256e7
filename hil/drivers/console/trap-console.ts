// Owns the conversation with a trap over its serial console: what was heard, with times, and waits for what is to be heard; orders, and the
// password where the console is locked. It hands every line on, and says at once when a line tells of a breakdown. What a wait that failed
// means is its caller's.
import { type ConsoleLine, parseConsoleLine } from "#protocol";
import type { Clock } from "../../clock.ts";
import { HilError } from "../../error.ts";
import type { TrapConsole } from "../../strategy/rig.ts";
import type { Port } from "../port/port.ts";
import { isPanic, isRomLine } from "./console-text.ts";
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
  /** Waits that are still open fail. The port stays as it is. */
  stop(): void;
}

/** A wait that ended in vain: what was awaited, and the last lines. */
export class ConsoleSilence extends Error {
  override name = "ConsoleSilence";
  readonly code = "console-silence";
  readonly awaited: string;
  readonly lastSeen: string[];
  constructor(awaited: string, withinMs: number, lastSeen: string[]) {
    const last = lastSeen.length === 0 ? "Nothing was heard at all." : `Last heard:\n  ${lastSeen.join("\n  ")}`;
    super(`Not heard within ${withinMs} ms: ${awaited}. ${last}`);
    this.awaited = awaited;
    this.lastSeen = lastSeen;
  }
}

interface Heard {
  text: string;
  line: ConsoleLine | null;
  at: number;
}

interface Wait {
  consider(heard: Heard): void;
  fail(error: Error): void;
}

/** Older ones are forgotten; a mark keeps its place all the same. */
const LINES_KEPT = 5_000;
const LAST_LINES = 12;

export function createTrapConsole(options: TrapConsoleOptions): StoppableTrapConsole {
  const { port, clock } = options;
  const now = options.now ?? (() => clock.now());
  const read = createLineReader();
  const waits = new Set<Wait>();
  let lines: Heard[] = [];
  let forgotten = 0;

  const lock = createLock({
    type: (text) => port.write(Buffer.from(text, "latin1")),
    key: () => options.key?.(),
    tell: (text) => options.onLine?.({ direction: "out", source: "console", text, at: now() }),
  });

  function hear({ raw, text }: ReadLine): void {
    const heard: Heard = { text, line: parseConsoleLine(raw), at: now() };
    if (text === "") return;
    lines.push(heard);
    if (lines.length > 2 * LINES_KEPT) {
      forgotten += LINES_KEPT;
      lines = lines.slice(LINES_KEPT);
    }
    const source = heard.line === null && isRomLine(text) ? "rom" : "console";
    options.onLine?.({ direction: "in", source, text, at: heard.at });
    if (isPanic(text)) options.onPanic?.(text);
    lock.hear(text);
    for (const wait of [...waits]) wait.consider(heard);
  }

  const lastLines = () => lines.slice(-LAST_LINES).map((heard) => heard.text);

  function wait<T>(from: number, what: string, withinMs: number, pick: (heard: Heard) => T | undefined): Promise<T> {
    for (const heard of lines.slice(Math.max(0, from - forgotten))) {
      const picked = pick(heard);
      if (picked !== undefined) return Promise.resolve(picked);
    }
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        forget();
        waits.delete(one);
      };
      const one: Wait = {
        consider(heard) {
          const picked = pick(heard);
          if (picked === undefined) return;
          finish();
          resolve(picked);
        },
        fail(error) {
          finish();
          reject(error);
        },
      };
      const forget = clock.setTimer(withinMs, () => one.fail(new ConsoleSilence(what, withinMs, lastLines())));
      waits.add(one);
    });
  }

  function failAll(reason: string): void {
    const error = new HilError(
      "infrastructure",
      "port-gone",
      `The console on ${port.name} is gone: ${reason}. Look at the cable and its power.`,
    );
    for (const one of [...waits]) one.fail(error);
  }

  const stopHearing = port.onBytes((bytes) => read(bytes).forEach(hear));
  const stopWatching = port.onEnd(failAll);
  return {
    mark: () => forgotten + lines.length,
    see: (from, what, withinMs, fits) =>
      wait(from, what, withinMs, ({ line, at }) => (line !== null && fits(line) ? { ...line, at } : undefined)),
    seeText: (from, pattern, withinMs) =>
      wait(from, `a line like ${pattern}`, withinMs, ({ text, at }) =>
        text.search(pattern) >= 0 ? { text, at } : undefined,
      ),
    order(name, fields = {}) {
      return lock.order(typeOrder(name, fields), showOrder(name, fields));
    },
    lastLines,
    stop() {
      stopHearing();
      stopWatching();
      failAll("nobody listens to it any more");
    },
  };
}
