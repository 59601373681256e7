// A TCP server that a test scripts: it says and hears bytes, one client at a time, and knows nothing of what they mean.
import { createServer, type Socket } from "node:net";
import { eventually } from "../../../support/eventually.ts";

export interface ScriptedServer {
  address: { host: string; port: number };
  /** All that was heard, of all clients. */
  heard(): Buffer;
  forget(): void;
  say(bytes: Uint8Array | string): void;
  /** The other end sees a connection that ended. */
  hangUp(): void;
  hears(bytes: number[], because: string): Promise<unknown>;
  close(): Promise<void>;
}

/** @param answer called with each piece heard; what it returns is said */
export async function startScriptedServer(
  answer: (piece: Buffer) => Uint8Array | string | undefined = () => undefined,
  greet: Uint8Array | string = "",
): Promise<ScriptedServer> {
  let heard: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    if (greet.length > 0) socket.write(greet);
    socket.on("data", (piece) => {
      heard.push(piece);
      const said = answer(piece);
      if (said !== undefined && said.length > 0) socket.write(said);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the server has no port");
  const all = () => Buffer.concat(heard);
  return {
    address: { host: "127.0.0.1", port: bound.port },
    heard: all,
    forget: () => {
      heard = [];
    },
    say: (bytes) => sockets.forEach((socket) => void socket.write(bytes)),
    hangUp: () => sockets.forEach((socket) => void socket.end()),
    hears: (bytes, because) => eventually(() => all().includes(Buffer.from(bytes)), { withinMs: 2_000, because }),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
