// Owns a TCP server that serves one client at a time, as a cable has one end: a second is told so and closed, and a client that does not
// read loses bytes rather than filling our memory, as a UART would.
import * as net from "node:net";

export interface Client {
  /** Bytes for the client; dropped when it does not keep up. */
  write(bytes: Uint8Array): void;
  end(): void;
}

export interface ClientHandlers {
  received(bytes: Uint8Array): void;
  /** The last call. */
  ended(): void;
}

export interface OneClientServer {
  readonly port: number;
  stop(): Promise<void>;
}

const HOST = "127.0.0.1";
const UNREAD_BYTES_MAX = 1 << 20;
const REFUSAL = "Port already in use by another client; one at a time.\r\n";

/** @throws Error of the system if the port is taken */
export async function startOneClientServer(
  accept: (client: Client) => ClientHandlers,
  port = 0,
): Promise<OneClientServer> {
  let current: net.Socket | undefined;
  const server = net.createServer({ noDelay: true }, (socket) => {
    // A connection that breaks is closed next, and that is all there is to do.
    socket.on("error", () => socket.destroy());
    if (current !== undefined) {
      socket.end(REFUSAL);
      socket.resume();
      return;
    }
    current = socket;
    const handlers = accept(createClient(socket));
    socket.on("data", (bytes) => handlers.received(bytes));
    socket.on("close", () => {
      current = undefined;
      handlers.ended();
    });
  });
  await listen(server, port);
  return {
    port: (server.address() as net.AddressInfo).port,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      current?.destroy();
      await closed;
    },
  };
}

function createClient(socket: net.Socket): Client {
  return {
    write(bytes) {
      if (!socket.destroyed && socket.writableLength < UNREAD_BYTES_MAX) socket.write(bytes);
    },
    end: () => void socket.destroy(),
  };
}

function listen(server: net.Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

export function formatAddress(scheme: string, port: number): string {
  return `${scheme}://${HOST}:${port}`;
}
