// Owns what a bench may do to one board's way to the cloud: hear it, refuse new connections, cut those that are open, hold one message
// until the suite has done what must happen in between, put other bytes in the place of what passes. The sockets are relay.ts's.
import type { TapMessage } from "./tap-messages.ts";

/** A message that is being held, and what becomes of it. */
export interface Hold {
  /** Undefined until one that fits has come. */
  message(): TapMessage | undefined;
  /** Let it go on, and everything behind it. */
  pass(): void;
  /** It never arrives: both ends see the connection break. */
  cut(): void;
}

export interface Tap {
  /** From now on a connection ends as soon as it is known to be this board's. */
  refuse(): void;
  accept(): void;
  /** Break what is open. */
  cut(): void;
  /** Stops the next message that fits, with everything behind it on its connection; the other direction goes on. */
  holdNext(fits: (message: TapMessage) => boolean): Hold;
  /**
   * What `change` answers passes in a message's place, undefined leaves it as it is. Heard and recorded is what came. Returns how to stop it.
   */
  alter(change: (message: TapMessage) => Uint8Array | undefined): () => void;
  /** Everything that passes, held or not, when it comes. Returns how to stop it. */
  onMessage(listen: (message: TapMessage) => void): () => void;
  /** Connections open now. */
  count(): number;
  /** Back to letting everything pass. */
  clear(): void;
}

/** A connection as a tap sees it. */
export interface TapConnection {
  cut(): void;
  /** Go on with what was held. */
  resume(): void;
}

class WaitingHold implements Hold {
  readonly fits: (message: TapMessage) => boolean;
  #caught: { message: TapMessage; connection: TapConnection } | undefined;
  #isOver = false;

  constructor(fits: (message: TapMessage) => boolean) {
    this.fits = fits;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  catch(message: TapMessage, connection: TapConnection): void {
    this.#caught = { message, connection };
  }

  message(): TapMessage | undefined {
    return this.#caught?.message;
  }

  pass(): void {
    this.#end((connection) => connection.resume());
  }

  cut(): void {
    this.#end((connection) => connection.cut());
  }

  #end(how: (connection: TapConnection) => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#caught !== undefined) how(this.#caught.connection);
  }
}

/** The inner side of a tap, for the relay. */
export class TapState implements Tap {
  readonly #connections = new Set<TapConnection>();
  readonly #listeners = new Set<(message: TapMessage) => void>();
  readonly #changes = new Set<(message: TapMessage) => Uint8Array | undefined>();
  #holds: WaitingHold[] = [];
  #isRefusing = false;

  refuse(): void {
    this.#isRefusing = true;
  }

  accept(): void {
    this.#isRefusing = false;
  }

  cut(): void {
    for (const connection of [...this.#connections]) connection.cut();
  }

  holdNext(fits: (message: TapMessage) => boolean): Hold {
    const hold = new WaitingHold(fits);
    this.#holds.push(hold);
    return hold;
  }

  alter(change: (message: TapMessage) => Uint8Array | undefined): () => void {
    this.#changes.add(change);
    return () => void this.#changes.delete(change);
  }

  onMessage(listen: (message: TapMessage) => void): () => void {
    this.#listeners.add(listen);
    return () => void this.#listeners.delete(listen);
  }

  count(): number {
    return this.#connections.size;
  }

  clear(): void {
    this.accept();
    this.#changes.clear();
    const holds = this.#holds;
    this.#holds = [];
    for (const hold of holds) hold.pass();
  }

  /** False: it is refused. */
  enter(connection: TapConnection): boolean {
    if (this.#isRefusing) return false;
    this.#connections.add(connection);
    return true;
  }

  leave(connection: TapConnection): void {
    this.#connections.delete(connection);
  }

  hear(message: TapMessage): void {
    for (const listen of [...this.#listeners]) listen(message);
  }

  /** What is to pass in its place. */
  changed(message: TapMessage): Uint8Array {
    let { bytes } = message;
    for (const change of [...this.#changes]) bytes = change({ ...message, bytes }) ?? bytes;
    return bytes;
  }

  /** True: the message is held now, and the connection is told when to go on. */
  take(message: TapMessage, connection: TapConnection): boolean {
    this.#holds = this.#holds.filter((hold) => !hold.isOver);
    const hold = this.#holds.find((one) => one.message() === undefined && one.fits(message));
    hold?.catch(message, connection);
    return hold !== undefined;
  }
}
