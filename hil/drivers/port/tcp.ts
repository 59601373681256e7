// Owns a port that is a plain TCP connection: bytes and nothing else, no speed and no lines. telnet's additions are rfc2217.ts's.
import { connect, type Socket } from "node:net";
import type { Clock } from "../../clock.ts";
import { HilError } from "../../error.ts";
import { formatPort } from "./parse-port.ts";
import { gone, type LinkListener, type PortLink } from "./port-link.ts";

export interface Address {
  host: string;
  port: number;
}

const CONNECT_MS = 5_000;
/** A cable pulled out between here and there says nothing; the system asks now and then. */
const KEEP_ALIVE_MS = 5_000;

export async function openTcp(address: Address, listener: LinkListener, clock: Clock): Promise<PortLink> {
  const name = formatPort({ kind: "tcp", ...address });
  const socket = await connectSocket(address, name, clock);
  const wire = createWire(socket, name, listener, clock);
  return {
    hasLines: false,
    write: wire.write,
    setBaudRate: async () => undefined,
    async setLines() {
      throw noLines(name);
    },
    close: wire.close,
  };
}

export function noLines(name: string): HilError {
  return new HilError(
    "usage",
    "port-has-no-lines",
    `The port ${name} carries no DTR and RTS, so it cannot reset a board. Give the board a power switch, or use rfc2217://.`,
  );
}

/** @throws HilError "port-no-answer" */
export function connectSocket({ host, port }: Address, name: string, clock: Clock): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS });
    const giveUp = () => socket.destroy(new Error(`no answer within ${CONNECT_MS} ms`));
    const forget = clock.setTimer(CONNECT_MS, giveUp);
    socket.once("error", (cause: NodeJS.ErrnoException) => {
      forget();
      const what = cause.code === "ECONNREFUSED" ? "nobody listens there" : cause.message;
      const next = "Is its server started, and is the address right?";
      reject(
        new HilError("infrastructure", "port-no-answer", `The port ${name} cannot be opened: ${what}. ${next}`, cause),
      );
    });
    socket.once("connect", () => {
      forget();
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}

export interface Wire {
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** Bytes over a connected socket, and one word at its end. */
export function createWire(socket: Socket, name: string, listener: LinkListener, clock: Clock): Wire {
  let ended: string | undefined;
  const end = (reason: string): void => {
    if (ended !== undefined) return;
    ended = reason;
    socket.destroy();
    listener.end(reason);
  };
  socket.on("data", (bytes) => ended === undefined && listener.bytes(bytes));
  socket.on("error", (error) => end(error.message));
  socket.on("end", () => end("the other end closed the connection"));
  socket.on("close", () => end("the connection was lost"));
  return {
    write(bytes) {
      return new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(gone(name, ended));
        socket.write(bytes, (error) => (error ? reject(gone(name, error.message)) : resolve()));
      });
    },
    async close() {
      ended ??= "it was closed";
      if (socket.destroyed) return;
      await new Promise<void>((resolve) => {
        // What was written shall still leave; who does not take it is cut off.
        const forget = clock.setTimer(CLOSE_MS, () => socket.destroy());
        socket.once("close", () => {
          forget();
          resolve();
        });
        socket.end(() => socket.destroy());
      });
    },
  };
}

const CLOSE_MS = 500;
