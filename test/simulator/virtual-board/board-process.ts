// Owns a virtual board as the tests of it meet one: a process of its own, its addresses, and cables to its ports that know TCP and as much of
// RFC 2217 as a cable must.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as net from "node:net";
import * as path from "node:path";
import type { Identity } from "#protocol";
import { ensureImage } from "../../../firmware/image/ensure-image.ts";
import { createStandInImages } from "../../../simulator/rom/stand-in-images.ts";
import { composeTrapImage } from "../../../simulator/trap-image.ts";
import type { VirtualBoardAddresses } from "../../../simulator/virtual-board/compose.ts";
import { createProgramEnvironment } from "../../support/config.ts";
import { eventually } from "../../support/eventually.ts";

export const ROOT = path.resolve(import.meta.dirname, "../../..");
const IMAGE_FOLDER = path.join(ROOT, ".trapline", "firmware");

/** Everything a bench flashes: loader, table, program, Storage and identity. */
export async function composeWholeFlash(identity: Identity): Promise<Uint8Array> {
  const { storage } = await ensureImage({ root: ROOT, outDir: IMAGE_FOLDER });
  const flash = composeTrapImage(identity, { storage });
  for (const { address, bytes } of createStandInImages()) flash.set(bytes, address);
  return flash;
}

export interface BoardProcess {
  readonly addresses: VirtualBoardAddresses;
  readonly child: ChildProcess;
  /** What it said on standard error. */
  complaints(): string;
  /** Its control server's answer. @throws Error for any but 200 */
  control(path: string, body?: object): Promise<Record<string, unknown>>;
  /** Ends it by the end of its input. Its exit status. */
  end(): Promise<number | null>;
}

export function spawnBoard(args: string[], environment: NodeJS.ProcessEnv = {}): ChildProcess {
  const main = path.join(ROOT, "simulator/virtual-board/main.ts");
  const env = { ...createProgramEnvironment(), ...environment };
  return spawn(process.execPath, ["--import", "tsx", main, ...args], { cwd: ROOT, env });
}

/** @throws Error with its complaints if it ends before it has told its addresses */
export async function startBoard(args: string[], environment: NodeJS.ProcessEnv = {}): Promise<BoardProcess> {
  const child = spawnBoard(args, environment);
  let said = "";
  let complained = "";
  child.stdout?.on("data", (bytes) => {
    said += String(bytes);
  });
  child.stderr?.on("data", (bytes) => {
    complained += String(bytes);
  });
  const exited = once(child, "exit");
  await eventually(
    () => {
      if (said.includes("\n")) return true;
      throw new Error(`exit status ${child.exitCode}: ${complained}`);
    },
    { withinMs: 15_000, because: "the board tells its addresses" },
  );
  const addresses = JSON.parse(said.split("\n")[0] ?? "") as VirtualBoardAddresses;
  return {
    addresses,
    child,
    complaints: () => complained,
    async control(name, body) {
      const init = body && {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      };
      const response = await fetch(addresses.control + name, init);
      const text = await response.text();
      if (response.status !== 200) throw new Error(`${response.status} ${text}`);
      return JSON.parse(text) as Record<string, unknown>;
    },
    async end() {
      child.stdin?.end();
      await exited;
      return child.exitCode;
    },
  };
}

export interface Cable {
  /** Everything heard so far. */
  text(): string;
  write(text: string): void;
  /** Waits for `text` behind what was waited for before. */
  hears(text: string, withinMs?: number): Promise<void>;
  /** Of RFC 2217 alone. */
  setLines(lines: { dtr?: boolean; rts?: boolean }): void;
  close(): void;
}

/** To "tcp://..." or "rfc2217://..."; the client of the latter opens as usual ones do, with both lines raised. */
export async function plugIn(address: string): Promise<Cable> {
  const isRfc2217 = address.startsWith("rfc2217:");
  const { hostname: host, port } = new URL(address.replace(/^\w+:/, "http:"));
  const socket = net.connect({ host, port: Number(port), noDelay: true });
  let heard = "";
  let from = 0;
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes) => {
    heard += bytes.toString("latin1");
  });
  await once(socket, "connect");
  const control = (value: number) => void socket.write(Buffer.of(255, 250, 44, 5, value, 255, 240));
  const text = () => (isRfc2217 ? stripTelnet(heard) : heard);
  const setLines = (lines: { dtr?: boolean; rts?: boolean }) => {
    if (lines.dtr !== undefined) control(lines.dtr ? 8 : 9);
    if (lines.rts !== undefined) control(lines.rts ? 11 : 12);
  };
  if (isRfc2217) {
    socket.write(Buffer.of(255, 251, 44, 255, 253, 44, 255, 251, 0, 255, 253, 0));
    socket.write(Buffer.of(255, 250, 44, 1, 0, 1, 0xc2, 0, 255, 240));
    setLines({ dtr: true, rts: true });
  }
  return {
    text,
    write: (keys) => void socket.write(keys, "latin1"),
    async hears(wanted, withinMs = 10_000) {
      await eventually(
        () => {
          const at = text().indexOf(wanted, from);
          if (at < 0) throw new Error(JSON.stringify(text().slice(from).slice(-600)));
          from = at + wanted.length;
          return true;
        },
        { withinMs, because: `${address} says "${wanted}"` },
      );
    },
    setLines,
    close: () => void socket.destroy(),
  };
}

/** What is told aside is left out. */
function stripTelnet(heard: string): string {
  return heard.replace(/\xff(?:\xfa[\s\S]*?\xff\xf0|[\xfb-\xfe][\s\S])/g, "").replaceAll("\xff\xff", "\xff");
}
