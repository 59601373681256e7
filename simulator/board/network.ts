// Owns the board's way to the real network: TCP connections of the host that live no longer than the radio and the power. It leaves
// what programs see of them to modules/net-module.ts and http-module.ts. The chip's own driver connects while everything else waits
// and throws when it fails; the double cannot wait, so a failure to connect comes as an error and the end of the link.
import * as net from "node:net";
import { createListeners, type Datagrams, type Listener, type PortKind } from "./listeners.ts";

/** Espruino's numbers of socket errors (libs/network/socketerrors.h). */
export const SOCKET_ERRORS = {
  TIMEOUT: { code: -3, message: "timeout" },
  NOT_FOUND: { code: -6, message: "not found" },
  UNSENT_DATA: { code: -8, message: "unsent data" },
  RESET: { code: -9, message: "connection reset" },
  NO_CONNECTION: { code: -11, message: "no connection" },
  NO_RESPONSE: { code: -15, message: "no response" },
} as const;
export type SocketError = keyof typeof SOCKET_ERRORS;

export interface LinkHandlers {
  opened(): void;
  /** At most CHUNK_BYTES at once. */
  received(data: string): void;
  /** All that was written has gone out. */
  drained(): void;
  /** The last call of a link, unless it was closed from this side. */
  closed(error: SocketError | undefined): void;
}

export interface Link {
  write(data: string): void;
  hasUnsent(): boolean;
  /** Sends what was written, then closes. No handler is called any more. */
  finish(): void;
}

export interface Network {
  isOnline(): boolean;
  /** The address of a host as the program names it; undefined if it is not found. */
  resolve(host: string): string | undefined;
  connect(address: string, port: number, handlers: LinkHandlers): Link;
  /** Connections to a port of the board; each is told with the link to it, whose handlers `accept` gives. */
  listen(port: number, accept: (link: Link) => LinkHandlers): Listener;
  bind(port: number, received: (data: string, address: string, port: number) => void): Datagrams;
  /** Where the host has a port of the board, once it is open; undefined if nobody listens there. */
  findHostPort(kind: PortKind, port: number): number | undefined;
  /** Cuts every link and closes every listener at once. With an error, their handlers hear of it. */
  cutAll(error?: SocketError): void;
}

/** What the interpreter reads at once. */
const CHUNK_BYTES = 536;
const CONNECT_LIMIT_MS = 10_000;

interface OpenLink {
  socket: net.Socket;
  handlers: LinkHandlers | undefined;
}

export function createNetwork(options: {
  isOnline(): boolean;
  resolveHost?(host: string): string | undefined;
}): Network {
  const links = new Set<OpenLink>();
  const listeners = createListeners();

  function close(link: OpenLink, error: SocketError | undefined): void {
    const { handlers } = link;
    links.delete(link);
    link.handlers = undefined;
    link.socket.destroy();
    handlers?.closed(error);
  }

  function listen(link: OpenLink, socket: net.Socket): void {
    let opened = false;
    let failure: SocketError | undefined;
    socket.setTimeout(CONNECT_LIMIT_MS, () => {
      if (!opened) close(link, "TIMEOUT");
    });
    socket.on("connect", () => {
      opened = true;
      socket.setTimeout(0);
      link.handlers?.opened();
    });
    socket.on("data", (data) => {
      for (let from = 0; from < data.length; from += CHUNK_BYTES) {
        link.handlers?.received(data.toString("latin1", from, from + CHUNK_BYTES));
      }
    });
    // The chip tells a broken connection from a closed one no more than this.
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (!opened) failure = error.code === "ENOTFOUND" ? "NOT_FOUND" : "RESET";
    });
    socket.on("close", () => close(link, failure ?? (socket.writableLength > 0 ? "UNSENT_DATA" : undefined)));
  }

  return {
    isOnline: options.isOnline,
    resolve: options.resolveHost ?? ((host) => host),
    connect(address, port, handlers) {
      const socket = net.connect({ host: address, port, noDelay: true });
      const link: OpenLink = { socket, handlers };
      links.add(link);
      listen(link, socket);
      return createLink(link);
    },
    listen: (port, accept) =>
      listeners.listen(port, (socket) => {
        const link: OpenLink = { socket, handlers: undefined };
        links.add(link);
        link.handlers = accept(createLink(link));
        listen(link, socket);
      }),
    bind: listeners.bind,
    findHostPort: listeners.findHostPort,
    cutAll(error) {
      if (error === undefined) listeners.closeAll();
      for (const link of [...links]) {
        if (error === undefined) link.handlers = undefined;
        close(link, error);
      }
    },
  };
}

function createLink(link: OpenLink): Link {
  const { socket } = link;
  return {
    write(data) {
      socket.write(data, "latin1", (error) => {
        if (!error && socket.writableLength === 0) link.handlers?.drained();
      });
    },
    hasUnsent: () => socket.writableLength > 0,
    finish() {
      link.handlers = undefined;
      socket.destroySoon();
    },
  };
}
