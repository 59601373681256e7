// A port that a test holds both ends of, without a wire.
import type { Port, PortLines } from "../../../../hil/drivers/port/port.ts";

export interface PortDouble {
  port: Port;
  /** All that was written, as text of bytes. */
  typed(): string;
  lines: PortLines[];
  say(text: string | Uint8Array): void;
  end(reason: string): void;
}

export function createPortDouble(): PortDouble {
  const hearing = new Set<(bytes: Uint8Array) => void>();
  const ending = new Set<(reason: string) => void>();
  let typed = "";
  const lines: PortLines[] = [];
  const port: Port = {
    name: "the double",
    hasLines: true,
    async write(bytes) {
      typed += Buffer.from(bytes).toString("latin1");
    },
    setBaudRate: async () => undefined,
    async setLines(next) {
      lines.push(next);
    },
    onBytes(listen) {
      hearing.add(listen);
      return () => void hearing.delete(listen);
    },
    onEnd(listen) {
      ending.add(listen);
      return () => void ending.delete(listen);
    },
    reopen: async () => undefined,
    close: async () => undefined,
  };
  return {
    port,
    typed: () => typed,
    lines,
    say(text) {
      const bytes = typeof text === "string" ? Buffer.from(text, "utf8") : text;
      for (const listen of hearing) listen(bytes);
    },
    end(reason) {
      for (const listen of ending) listen(reason);
    },
  };
}
