// Owns what a port is to everyone above: bytes both ways, a speed, and the two lines that reset a board, however they travel.
// The links beside it carry it; open-port.ts chooses one by the resource.

/** True is asserted: the pin is low. What is left out stays as it is. */
export interface PortLines {
  dtr?: boolean;
  rts?: boolean;
}

export interface Port {
  /** As a person names it: "/dev/ttyUSB0", "rfc2217://127.0.0.1:4000". */
  readonly name: string;
  /** False where the transport carries no DTR and RTS, as raw TCP: such a board is reset by its power and its fixture. */
  readonly hasLines: boolean;
  /** Resolves when the bytes are on their way. @throws HilError "port-gone" */
  write(bytes: Uint8Array): Promise<void>;
  /** Bits per second, once all that was written is out; a transport without a speed ignores it. @throws HilError "port-speed-refused" */
  setBaudRate(baud: number): Promise<void>;
  /** Both at once where the transport can. @throws HilError "port-has-no-lines" */
  setLines(lines: PortLines): Promise<void>;
  /** Returns how to stop it. Every listener hears every byte. */
  onBytes(listen: (bytes: Uint8Array) => void): () => void;
  /** Called with the reason when the port ends without having been closed: unplugged, connection lost. */
  onEnd(listen: (reason: string) => void): () => void;
  /** Opens it anew, ended or not; who listens goes on listening. Speed and lines are as after the first opening. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

/** The console of the interpreter and of the ROM. */
export const CONSOLE_BAUD = 115_200;
