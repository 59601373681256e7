// Owns the sockets between traps and the cloud: one port that passes on what it is told, message by message, so that a tap can hear, hold
// and cut it. A cloud that is not there looks to the trap as if the relay were not there either.
import { createServer, connect as openSocket, type Server, type Socket } from "node:net";
import { HilError } from "../../error.ts";
import { isFreePort } from "./free-port.ts";
import type { TapConnection, TapState } from "./tap.ts";
import type { Splitter, TapMessage } from "./tap-messages.ts";

export interface RelayOptions {
  /** Address to listen on. */
  host: string;
  port: number;
  /** Asked at each connection. */
  getTarget(): { host: string; port: number };
  /** A pair for one connection: what goes up, what comes down. */
  createSplitters(): { up: Splitter; down: Splitter };
  /** Whose it is, as the first message tells; undefined: before any message, by the port alone. */
  tapOf(first: TapMessage | undefined): TapState | undefined;
  onMessage(message: TapMessage, tap: TapState): void;
}

export interface Relay {
  readonly port: number;
  close(): Promise<void>;
}

/** @throws HilError "port-taken" */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { host, port } = options;
  const links = new Set<Link>();
  // Whoever has asked and ends its side still wants its answer.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const link = new Link(options, socket, () => links.delete(link));
    links.add(link);
    link.start();
  });
  await listen(server, host, port);
  return {
    port,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const link of [...links]) link.cut();
      await closed;
    },
  };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    const isTaken = !(await isFreePort(host, port));
    const what = isTaken ? "is taken, or no address of this machine" : "cannot be listened on";
    throw new HilError("infrastructure", "port-taken", `${host}:${port}, where boards find the cloud, ${what}.`, error);
  }
}

/** One direction of a connection. */
interface Lane {
  splitter: Splitter;
  to: Socket;
  waiting: TapMessage[];
  isHeld: boolean;
  hasEnded: boolean;
}

/** Where the owner is told by the first message, nothing is opened towards the cloud before that has come. */
class Link implements TapConnection {
  readonly #options: RelayOptions;
  readonly #trap: Socket;
  readonly #onGone: () => void;
  #cloud: Socket | undefined;
  #tap: TapState | undefined;
  #lanes: { up: Lane; down: Lane } | undefined;
  #early: TapMessage[] = [];
  #isGone = false;

  constructor(options: RelayOptions, trap: Socket, onGone: () => void) {
    this.#options = options;
    this.#trap = trap;
    this.#onGone = onGone;
  }

  start(): void {
    const trap = this.#trap;
    const { up, down } = this.#options.createSplitters();
    trap.setNoDelay(true);
    trap.on("error", () => this.cut());
    trap.on("close", () => this.#end());
    trap.on("data", (bytes) => this.#receive(up, down, bytes));
    trap.on("end", () => this.#endLane("up"));
    const tap = this.#options.tapOf(undefined);
    if (tap !== undefined) this.#open(tap, up, down);
  }

  cut(): void {
    for (const socket of [this.#trap, this.#cloud]) reset(socket);
    this.#end();
  }

  resume(): void {
    for (const lane of Object.values(this.#lanes ?? {})) {
      const wasHeld = lane.isHeld;
      lane.isHeld = false;
      const [held] = lane.waiting;
      // What was held is not asked about again.
      if (wasHeld && held !== undefined) this.#pass(lane);
      this.#pump(lane);
    }
  }

  #open(tap: TapState, up: Splitter, down: Splitter): void {
    if (!tap.enter(this)) {
      this.cut();
      return;
    }
    this.#tap = tap;
    const { host, port } = this.#options.getTarget();
    const cloud = openSocket({ host, port, allowHalfOpen: true });
    cloud.setNoDelay(true);
    this.#cloud = cloud;
    const lane = (splitter: Splitter, to: Socket): Lane => ({
      ...{ splitter, to, waiting: [], isHeld: false, hasEnded: false },
    });
    const lanes = { up: lane(up, cloud), down: lane(down, this.#trap) };
    this.#lanes = lanes;
    cloud.on("error", () => this.cut());
    cloud.on("close", () => this.#endLane("down"));
    cloud.on("data", (bytes) => this.#push(lanes.down, down.take(bytes)));
    cloud.on("end", () => this.#endLane("down"));
    const early = this.#early;
    this.#early = [];
    this.#push(lanes.up, early);
  }

  #receive(up: Splitter, down: Splitter, bytes: Buffer): void {
    const messages = up.take(bytes);
    if (this.#lanes !== undefined) {
      this.#push(this.#lanes.up, messages);
      return;
    }
    this.#early.push(...messages);
    const [first] = this.#early;
    if (first === undefined) return;
    const tap = this.#options.tapOf(first);
    if (tap === undefined) this.cut();
    else this.#open(tap, up, down);
  }

  #push(lane: Lane, messages: TapMessage[]): void {
    const tap = this.#tap;
    for (const message of tap === undefined ? [] : messages) {
      this.#options.onMessage(message, tap as TapState);
      tap?.hear(message);
    }
    lane.waiting.push(...messages);
    this.#pump(lane);
  }

  #pump(lane: Lane): void {
    while (!lane.isHeld && !this.#isGone) {
      const [message] = lane.waiting;
      if (message === undefined) break;
      if (this.#tap?.take(message, this) === true) {
        lane.isHeld = true;
        return;
      }
      this.#pass(lane);
    }
    if (lane.hasEnded && !lane.isHeld && !this.#isGone) lane.to.end();
  }

  #pass(lane: Lane): void {
    const message = lane.waiting.shift();
    if (message !== undefined) lane.to.write(this.#tap?.changed(message) ?? message.bytes);
  }

  #endLane(which: "up" | "down"): void {
    const lane = this.#lanes?.[which];
    if (lane === undefined) this.cut();
    if (lane === undefined || lane.hasEnded) return;
    lane.hasEnded = true;
    this.#push(lane, lane.splitter.rest());
  }

  #end(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#tap?.leave(this);
    this.#cloud?.destroy();
    this.#trap.destroy();
    this.#onGone();
  }
}

/** As when the other side's machine lost its power. One that is being ended in order cannot be reset any more: Node would never close it, and spin at its end. */
function reset(socket: Socket | undefined): void {
  if (socket === undefined || socket.destroyed) return;
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
