// A virtual board as a process, and between it and its flasher a wire that a test can damage.
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { type Clock, createWallClock } from "../../../../hil/clock.ts";
import { startChild } from "../../../../hil/drivers/child/child-program.ts";
import { connectLoader } from "../../../../hil/drivers/flasher/loader.ts";
import { openPort } from "../../../../hil/drivers/port/open-port.ts";
import { parsePort } from "../../../../hil/drivers/port/parse-port.ts";
import type { Port } from "../../../../hil/drivers/port/port.ts";
import type { PortResource } from "../../../../hil/resources/bench.ts";
import { createProgramEnvironment } from "../../../support/config.ts";
import { eventually } from "../../../support/eventually.ts";

export const ROOT = join(import.meta.dirname, "../../../..");
export const clock: Clock = createWallClock();

export interface FlashableBoard {
  mac: string;
  serial: PortResource;
  /** The state it is in then. */
  post(path: string, body: unknown): Promise<Record<string, unknown>>;
  state(): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

export async function startBoard(serial: "rfc2217" | "tcp" = "rfc2217"): Promise<FlashableBoard> {
  const child = startChild({
    name: "the virtual board",
    root: ROOT,
    words: ["simulator/virtual-board/main.ts", "--serial", serial],
    environment: createProgramEnvironment(),
    clock,
  });
  const told = JSON.parse(await child.firstLine(30_000)) as { serial: string; control: string; mac: string };
  return {
    mac: told.mac,
    serial: parsePort(told.serial),
    async post(path, body) {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(told.control + path, { method: "POST", headers, body: JSON.stringify(body) });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return (await answer.json()) as Record<string, unknown>;
    },
    state: async () => (await (await fetch(`${told.control}/api/state`)).json()) as Record<string, unknown>,
    stop: () => child.stop(3_000),
  };
}

/** Sees each piece on its way, by direction, and may return another, nothing, or cut the connection. */
export interface WireTap {
  up?(piece: Buffer, cut: () => void): Buffer;
  down?(piece: Buffer, cut: () => void): Buffer;
}

export async function startWire(to: PortResource, tap: WireTap) {
  if (!("host" in to)) throw new Error("no address");
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(to.port, to.host);
    const cut = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", cut).on("close", cut);
    }
    const pass = (from: Socket, into: Socket, change: WireTap["up"]) =>
      from.on("data", (piece) => {
        const changed = change?.(piece, cut) ?? piece;
        if (changed.length > 0 && into.writable) into.write(changed);
      });
    pass(near, far, tap.up);
    pass(far, near, tap.down);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("no address");
  const port: PortResource = { ...to, host: "127.0.0.1", port: bound.port };
  return {
    port,
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** The board's server has one client at a time, and takes a moment to let the last one go. */
export function openFree(port: PortResource): Promise<Port> {
  return eventually(() => openPort(port, { clock }), { withinMs: 5_000, because: "the port is free" });
}

/** MD5 of the whole flash, asked of the board itself. */
export async function readFlashMd5(board: FlashableBoard): Promise<string> {
  const port = await openFree(board.serial);
  const loader = await connectLoader({ port, clock });
  try {
    await loader.prepare(115_200);
    return await loader.md5(0, loader.flashBytes());
  } finally {
    await loader.stop();
    await port.close();
  }
}
