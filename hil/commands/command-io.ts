// Owns what every command of the bench is given beside its options: where it speaks, where it keeps things, who waits. main.ts makes it;
// tests make their own.
import type { Strays } from "../steps/strays.ts";

export interface CommandIo {
  /** The repository. */
  readonly root: string;
  /** Leases, histories, runs, identities: `.trapline/hil` unless told otherwise. */
  readonly stateFolder: string;
  /** The surroundings, for secrets that a bench names by variable, and for child processes. */
  readonly environment: NodeJS.ProcessEnv;
  /** Who asks, as `user@host`, for leases and quarantine. */
  readonly owner: string;
  /** One line on standard output. */
  write(line: string): void;
  /** One line on standard error. */
  writeError(line: string): void;
  /** Both standard input and output: only then may anything be asked or redrawn. */
  readonly isTerminal: boolean;
  readonly colour: boolean;
  /** Standard input and output themselves, for what redraws or passes keys on. */
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Aborted at the person's first wish to end. */
  readonly signal: AbortSignal;
  /** Takes what the process says nobody caught. */
  readonly strays?: Strays;
  /** Milliseconds since 1970. */
  now(): number;
}
