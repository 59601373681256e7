// Owns the ports a program of the board listens on: each is a port of the host's own choice, on this machine alone, since the board's own
// may be taken there, or forbidden. They end with the power.
import * as dgram from "node:dgram";
import * as net from "node:net";

export interface Listener {
  close(): void;
}

export type PortKind = "tcp" | "udp";

export interface Datagrams extends Listener {
  send(data: string, address: string, port: number): void;
}

export interface Listeners {
  listen(port: number, accept: (socket: net.Socket) => void): Listener;
  bind(port: number, received: (data: string, address: string, port: number) => void): Datagrams;
  /** Where the host has a port of the board, once it is open; undefined if nobody listens there. */
  findHostPort(kind: PortKind, port: number): number | undefined;
  closeAll(): void;
}

const HOST = "127.0.0.1";

export function createListeners(): Listeners {
  const open = new Map<string, { hostPort(): number | undefined; close(): void }>();

  function register(name: string, hostPort: () => number | undefined, closeHost: () => void): Listener {
    const entry = {
      hostPort,
      close() {
        if (open.get(name) !== entry) return;
        open.delete(name);
        closeHost();
      },
    };
    open.get(name)?.close();
    open.set(name, entry);
    return entry;
  }

  return {
    listen(port, accept) {
      const server = net.createServer({ noDelay: true }, accept);
      server.listen(0, HOST);
      const hostPort = () => (server.address() as net.AddressInfo | null)?.port;
      return register(`tcp ${port}`, hostPort, () => server.close());
    },
    bind(port, received) {
      const socket = dgram.createSocket("udp4");
      let hostPort: number | undefined;
      let isClosed = false;
      socket.on("message", (data, from) => received(data.toString("latin1"), from.address, from.port));
      socket.bind(0, HOST, () => {
        hostPort = socket.address().port;
      });
      const close = () => {
        isClosed = true;
        socket.close();
      };
      const listener = register(`udp ${port}`, () => hostPort, close);
      return {
        close: () => listener.close(),
        send(data, address, to) {
          if (!isClosed) socket.send(Buffer.from(data, "latin1"), to, address);
        },
      };
    },
    findHostPort: (kind, port) => open.get(`${kind} ${port}`)?.hostPort(),
    closeAll() {
      for (const listener of [...open.values()]) listener.close();
    },
  };
}
