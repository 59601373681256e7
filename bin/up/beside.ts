// Owns the one page that shows two others side by side: the cloud's and the simulator's. Neither knows of the other.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Beside {
  address: string;
  stop(): Promise<void>;
}

const PAGE = new URL("../beside.html", import.meta.url);

/** What may stand in an attribute. */
function attribute(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}

/**
 * Serve the frame page on 127.0.0.1.
 * @param left address of the first page, fragment included
 */
export async function startBeside(port: number, frames: () => { left: string; right: string }): Promise<Beside> {
  const template = readFileSync(PAGE, "utf8");
  const server = createServer((request, response) => {
    if (request.method !== "GET" || (request.url ?? "").split("?")[0] !== "/") {
      response.writeHead(404, { "content-type": "application/problem+json" });
      response.end(JSON.stringify({ type: "about:blank", title: "Not Found", status: 404 }));
      return;
    }
    const { left, right } = frames();
    response.writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "content-security-policy": `default-src 'none'; style-src 'unsafe-inline'; frame-src ${new URL(left).origin} ${new URL(right).origin}`,
    });
    response.end(template.replaceAll("{{left}}", attribute(left)).replaceAll("{{right}}", attribute(right)));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
