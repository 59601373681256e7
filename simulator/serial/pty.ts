// Owns a board's connector as a pseudo-terminal: a child of Debian's socat joins it to the raw TCP server. It has a path as a real port has,
// and no lines.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs/promises";
import { startTcpServer } from "./tcp-server.ts";
import type { SerialConnector, SerialServer } from "./uart.ts";

const MISSING = "A pty needs socat: install Debian's package socat, or use tcp.";
const PATH_LINE = /PTY is (\S+)/;

/** In words for whoever can install it. */
export class MissingProgramError extends Error {
  override name = "MissingProgramError";
}

/** @throws MissingProgramError where socat is not installed */
export async function startPtyServer(connector: SerialConnector): Promise<SerialServer> {
  const server = await startTcpServer(connector);
  try {
    return await joinPty(server);
  } catch (thrown) {
    await server.stop();
    throw thrown;
  }
}

async function joinPty(server: SerialServer): Promise<SerialServer> {
  const target = server.address.replace("tcp://", "TCP:");
  const child = spawn("socat", ["-d", "-d", "PTY,rawer", `${target},nodelay`], { stdio: ["ignore", "ignore", "pipe"] });
  const closed = once(child, "close").catch(() => []);
  const address = await waitForPath(child);
  // While somebody holds the slave open, a client that closes it does not end the child.
  const held = await fs.open(address, fs.constants.O_RDWR | fs.constants.O_NOCTTY);
  return {
    address,
    async stop() {
      child.kill("SIGTERM");
      await closed;
      await held.close();
      await server.stop();
    },
  };
}

function waitForPath(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    child.stderr?.on("data", (bytes: Buffer) => {
      said += said.length < 4096 ? bytes.toString() : "";
      const found = PATH_LINE.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once("error", (error: NodeJS.ErrnoException) => {
      const isMissing = error.code === "ENOENT";
      reject(isMissing ? new MissingProgramError(MISSING) : error);
    });
    child.once("close", () => reject(new Error(`socat ended before there was a pty: ${said.trim()}`)));
  });
}
