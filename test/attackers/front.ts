// A man in the middle of HTTP: what a trap asks the cloud goes through here, and is answered by whom the test says.
import * as http from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  path: string;
  body: string;
  /** As the cloud answered; empty where it was not asked. */
  answer: string;
}

export interface Front {
  readonly port: number;
  /** http://host:port of the cloud. */
  target: string;
  readonly seen: Asked[];
  /** The body of an answer in the cloud's place; null lets the cloud answer. */
  forge: (path: string, body: string) => string | null;
  stop(): Promise<void>;
}

export async function startFront(): Promise<Front> {
  const server = http.createServer((request, response) => {
    void answer(request).then(
      ({ status, body }) => response.writeHead(status, { "content-type": "application/json" }).end(body, "latin1"),
      () => response.destroy(),
    );
  });
  const front: Front = {
    port: 0,
    target: "",
    seen: [],
    forge: () => null,
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };

  async function answer(request: http.IncomingMessage): Promise<{ status: number; body: string }> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const [path, body] = [request.url ?? "/", Buffer.concat(pieces).toString("latin1")];
    const forged = front.forge(path, body);
    const asked: Asked = { path, body, answer: "" };
    front.seen.push(asked);
    if (forged !== null) return { status: 200, body: forged };
    const method = request.method ?? "GET";
    const sent = method === "POST" ? { method, body, headers: { "content-type": "application/json" } } : { method };
    const given = await fetch(front.target + path, sent);
    asked.answer = Buffer.from(await given.arrayBuffer()).toString("latin1");
    return { status: given.status, body: asked.answer };
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(front, { port: (server.address() as AddressInfo).port });
}
