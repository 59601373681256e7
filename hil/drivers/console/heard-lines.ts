// Owns what was heard and who waits for what is yet to be heard. A place in it (a mark) stays good when old lines are forgotten.
import type { ConsoleLine } from "#protocol";
import type { Clock } from "../../clock.ts";
import { StepFailure } from "../../steps/failure.ts";

export interface Heard {
  text: string;
  /** If it is one of the trap's own. */
  line: ConsoleLine | null;
  /** When, in milliseconds. */
  at: number;
  /** Where it stands; a wait from `place + 1` on sees what came after it. */
  place: number;
}

export interface HeardLines {
  mark(): number;
  add(heard: Omit<Heard, "place">): void;
  /** What `pick` first finds from `from` on. @throws StepFailure with what was awaited and the last lines; what `failAll` is given */
  wait<T>(from: number, what: string, withinMs: number, pick: (heard: Heard) => T | undefined): Promise<T>;
  lastLines(): string[];
  failAll(error: Error): void;
}

interface Wait {
  consider(heard: Heard): void;
  fail(error: Error): void;
}

/** At least; a suite's console says some hundreds. */
const LINES_KEPT = 5_000;
const LAST_LINES = 12;

export function createHeardLines(clock: Clock): HeardLines {
  const waits = new Set<Wait>();
  let lines: Heard[] = [];
  let forgotten = 0;
  const lastLines = () => lines.slice(-LAST_LINES).map((heard) => heard.text);

  return {
    mark: () => forgotten + lines.length,
    add(told) {
      const heard = { ...told, place: forgotten + lines.length };
      lines.push(heard);
      if (lines.length > 2 * LINES_KEPT) {
        forgotten += LINES_KEPT;
        lines = lines.slice(LINES_KEPT);
      }
      for (const wait of [...waits]) wait.consider(heard);
    },
    async wait(from, what, withinMs, pick) {
      for (const heard of lines.slice(Math.max(0, from - forgotten))) {
        const picked = pick(heard);
        if (picked !== undefined) return picked;
      }
      return new Promise((resolve, reject) => {
        const finish = (): void => {
          forget();
          waits.delete(wait);
        };
        const wait: Wait = {
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
        const forget = clock.setTimer(withinMs, () => wait.fail(silence(what, withinMs, lastLines())));
        waits.add(wait);
      });
    },
    lastLines,
    failAll(error) {
      for (const wait of [...waits]) wait.fail(error);
    },
  };
}

function silence(awaited: string, withinMs: number, lastSeen: string[]): StepFailure {
  return new StepFailure(`Not heard on the console within ${withinMs} ms: ${awaited}.`, {
    awaited,
    lastSeen: lastSeen.length > 0 ? lastSeen : ["nothing at all"],
    code: "console-silence",
  });
}
