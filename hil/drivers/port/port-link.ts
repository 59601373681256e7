// Owns the port as everyone above sees it, over a link that can be lost and made again: who listens, what is said when it is gone. It leaves
// the carrying to the links (serial-path.ts, tcp.ts, rfc2217.ts).
import { HilError } from "../../error.ts";
import type { Port, PortLines } from "./port.ts";

/** One connection, open until it ends or is closed. */
export interface PortLink {
  readonly hasLines: boolean;
  write(bytes: Uint8Array): Promise<void>;
  setBaudRate(baud: number): Promise<void>;
  setLines(lines: PortLines): Promise<void>;
  close(): Promise<void>;
}

export interface LinkListener {
  bytes(bytes: Uint8Array): void;
  /** At most once, and never after `close`. */
  end(reason: string): void;
}

/** @throws HilError that says what to do */
export type OpenLink = (listener: LinkListener) => Promise<PortLink>;

/** Opens the link and keeps it as a port. @throws HilError of the link */
export async function createPort(name: string, open: OpenLink): Promise<Port> {
  const hearing = new Set<(bytes: Uint8Array) => void>();
  const ending = new Set<(reason: string) => void>();
  let link: PortLink | undefined;
  let goneBecause: string | undefined;
  let generation = 0;

  /** What an older link still has to say is nobody's business. */
  async function connect(): Promise<PortLink> {
    generation += 1;
    const mine = generation;
    goneBecause = undefined;
    return open({
      bytes(bytes) {
        if (mine === generation) for (const listen of [...hearing]) listen(bytes);
      },
      end(reason) {
        if (mine !== generation) return;
        goneBecause = reason;
        for (const listen of [...ending]) listen(reason);
      },
    });
  }

  function need(): PortLink {
    if (goneBecause !== undefined || link === undefined) throw gone(name, goneBecause ?? "it was closed");
    return link;
  }

  async function close(): Promise<void> {
    generation += 1;
    goneBecause = "it was closed";
    const last = link;
    link = undefined;
    await last?.close();
  }

  link = await connect();
  return {
    name,
    get hasLines() {
      return link?.hasLines ?? false;
    },
    write: async (bytes) => need().write(bytes),
    setBaudRate: async (baud) => need().setBaudRate(baud),
    setLines: async (lines) => need().setLines(lines),
    onBytes: (listen) => subscribe(hearing, listen),
    onEnd: (listen) => subscribe(ending, listen),
    async reopen() {
      await close();
      link = await connect();
    },
    close,
  };
}

function subscribe<T>(listeners: Set<T>, listen: T): () => void {
  listeners.add(listen);
  return () => void listeners.delete(listen);
}

export function gone(name: string, reason: string): HilError {
  return new HilError(
    "infrastructure",
    "port-gone",
    `The port ${name} is gone: ${reason}. Look at the cable and its power.`,
  );
}
