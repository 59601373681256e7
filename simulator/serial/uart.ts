// Owns the serial connector of a board: bytes both ways with their speed, and the two lines. Servers put a network on it, silicon a program
// behind it.
import type { SerialLines } from "./lines.ts";

/** As whoever plugs a cable in sees it. */
export interface SerialConnector {
  /** Undefined baud is a wire without a speed. */
  receive(bytes: Uint8Array, baud: number | undefined): void;
  readonly lines: SerialLines;
  /** Called with every byte that leaves the board, at `baud`; returns how to stop it. */
  onSend(fn: (bytes: Uint8Array, baud: number) => void): () => void;
}

export interface SerialServer {
  /** "tcp://127.0.0.1:4000", "rfc2217://127.0.0.1:4000", "/dev/pts/4". */
  readonly address: string;
  stop(): Promise<void>;
}

export interface Uart extends SerialConnector {
  /** From the board's side. */
  send(bytes: Uint8Array, baud: number): void;
}

export function createUart(options: {
  lines: SerialLines;
  receive(bytes: Uint8Array, baud: number | undefined): void;
}): Uart {
  const listeners = new Set<(bytes: Uint8Array, baud: number) => void>();
  return {
    lines: options.lines,
    receive: options.receive,
    onSend(fn) {
      listeners.add(fn);
      return () => void listeners.delete(fn);
    },
    send(bytes, baud) {
      for (const listener of [...listeners]) listener(bytes, baud);
    },
  };
}
