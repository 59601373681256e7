// Owns the stream between a socket and the broker: every byte passes the packet guard first, and what the guard refuses is never read by
// anyone. It also sees what the broker does not tell: that something was heard, and that the other end said goodbye.
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { createPacketGuard, type GuardRefusal } from "./packet-guard.ts";

export interface GuardedSocketOptions {
  packetBytesMax: number;
  /** A packet of this type has arrived in full. */
  onPacket(type: number): void;
  onRefusal(refusal: GuardRefusal): void;
}

/** How long a connection that is ending may take to send what was written last (a refusal, mostly). */
const LINGER_MS = 1_000;

export class GuardedSocket extends Duplex {
  readonly #socket: Socket;

  constructor(socket: Socket, options: GuardedSocketOptions) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    const guard = createPacketGuard(options.packetBytesMax);
    socket.on("data", (chunk: Buffer) => {
      if (this.destroyed) return;
      const guarded = guard.feed(chunk);
      if (!guarded.ok) {
        options.onRefusal(guarded.refusal);
        this.destroy();
        return;
      }
      for (const type of guarded.types) options.onPacket(type);
      if (!this.push(chunk)) socket.pause();
    });
    socket.on("end", () => this.push(null));
    socket.on("close", () => this.destroy());
    socket.on("error", (error) => this.destroy(error));
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done);
  }

  /** The broker writes a packet in pieces; they leave together. */
  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#socket.write(Buffer.concat(chunks.map((one) => one.chunk)), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const socket = this.#socket;
    socket.removeAllListeners("data");
    if (!socket.destroyed) {
      // Reading on without keeping anything: closing over unread bytes would take the last answer from the other end.
      socket.resume();
      socket.setTimeout(LINGER_MS, () => socket.destroy());
      socket.destroySoon();
    }
    done(error);
  }
}
