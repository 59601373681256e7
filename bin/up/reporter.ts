// Owns how the story is told: a line for a person or a JSON line for a program, each when its step was seen.

export type Facts = Record<string, string | number | boolean>;

export interface Reporter {
  /** A step that was seen. `ms` runs from its cause to its sight. */
  step(name: string, ms: number, facts: Facts, words: string): void;
  failed(name: string, ms: number, error: Error): void;
  /** Something a person should know that is no step. */
  remark(text: string): void;
}

function duration(ms: number): string {
  return ms < 10_000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** For a person: one line a step, aligned; colour only where `colour`. */
export function createPersonReporter(write: (line: string) => void, colour: boolean): Reporter {
  const paint = (code: number, text: string): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    step(name, ms, _facts, words) {
      write(`${paint(32, "✓")} ${name.padEnd(16)}${duration(ms).padStart(9)}  ${words}`);
    },
    failed(name, ms, error) {
      write(`${paint(31, "✗")} ${name.padEnd(16)}${duration(ms).padStart(9)}  ${error.message}`);
    },
    remark(text) {
      write(paint(2, text));
    },
  };
}

/** For a program: JSON lines on standard output, remarks on standard error. */
export function createJsonReporter(write: (line: string) => void, remark: (line: string) => void): Reporter {
  return {
    step(name, ms, facts) {
      write(JSON.stringify({ step: name, ms: Math.round(ms), ...facts }));
    },
    failed(name, ms, error) {
      write(JSON.stringify({ step: name, ms: Math.round(ms), ok: false, error: error.message }));
    },
    remark,
  };
}
