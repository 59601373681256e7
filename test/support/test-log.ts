// The log of programs under test: warnings and errors go to the test's output, which is shown where the test fails.
import { inspect } from "node:util";

export interface TestLog {
  error(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  info(facts: object, message: string): void;
}

export const testLog: TestLog = {
  error: (facts, message) => console.error(`error: ${message}`, inspect(facts, { depth: 5 })),
  warn: (facts, message) => console.error(`warn: ${message}`, inspect(facts, { depth: 5 })),
  info: () => undefined,
};
