// A port in memory: what is written to it is kept, what the other end says is told by the test.
import type { Port, PortLines } from "../../../hil/drivers/port/port.ts";

export interface PortDouble extends Port {
  /** Everything in the order in which it happened: "write a00101a2", "baud 9600", "lines dtr=false rts=true", "close". */
  readonly acts: string[];
  /** The other end speaks. */
  say(text: string): void;
  /** The cable is pulled. */
  end(reason: string): void;
  /** Called with every text written. */
  onWrite(listen: (text: string) => void): void;
  /** From now on writing throws it. */
  failWith(error: Error): void;
}

export function createPortDouble(options: { name?: string; hasLines?: boolean } = {}): PortDouble {
  const acts: string[] = [];
  const byteListeners = new Set<(bytes: Uint8Array) => void>();
  const endListeners = new Set<(reason: string) => void>();
  const writeListeners = new Set<(text: string) => void>();
  let failure: Error | undefined;
  return {
    name: options.name ?? "/dev/ttyUSB7",
    hasLines: options.hasLines ?? true,
    acts,
    async write(bytes) {
      if (failure !== undefined) throw failure;
      acts.push(`write ${Buffer.from(bytes).toString("hex")}`);
      for (const listen of writeListeners) listen(Buffer.from(bytes).toString("latin1"));
    },
    async setBaudRate(baud) {
      acts.push(`baud ${baud}`);
    },
    async setLines(lines: PortLines) {
      if (failure !== undefined) throw failure;
      acts.push(
        `lines ${Object.entries(lines)
          .map(([line, value]) => `${line}=${value}`)
          .join(" ")}`,
      );
    },
    onBytes(listen) {
      byteListeners.add(listen);
      return () => byteListeners.delete(listen);
    },
    onEnd(listen) {
      endListeners.add(listen);
      return () => endListeners.delete(listen);
    },
    async reopen() {
      acts.push("reopen");
    },
    async close() {
      acts.push("close");
    },
    say(text) {
      for (const listen of [...byteListeners]) listen(Buffer.from(text, "latin1"));
    },
    end(reason) {
      for (const listen of [...endListeners]) listen(reason);
    },
    onWrite(listen) {
      writeListeners.add(listen);
    },
    failWith(error) {
      failure = error;
    },
  };
}
