// A pseudo terminal of the system's own making (script(1)), as a device that a test opens as a serial port. The test holds its other end.
import { spawn, spawnSync } from "node:child_process";
import { eventually } from "../../../support/eventually.ts";
import { skip } from "../../../support/suite.ts";

export interface Pty {
  /** Of the device. */
  path: string;
  /** What was written to the device. */
  heard(): Buffer;
  say(bytes: Uint8Array): void;
  /** The device goes away, as one that is unplugged. */
  unplug(): Promise<void>;
}

/** Skips the test where there is no script(1). */
export async function openPty(): Promise<Pty> {
  if (process.platform !== "linux") skip("script(1) is another program here");
  if (spawnSync("script", ["--version"]).status !== 0) skip("there is no script(1)", "package");
  const child = spawn("script", ["-q", "-f", "-c", "stty raw -echo; tty; exec sleep 60", "/dev/null"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  let heard: Buffer[] = [];
  child.stdout.on("data", (piece: Buffer) => heard.push(piece));
  child.stdin.on("error", () => undefined); // it may be gone before what is said to it
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const path = await eventually(() => /^(\/dev\/pts\/\d+)\r?\n/.exec(Buffer.concat(heard).toString("latin1"))?.[1], {
    withinMs: 5_000,
    because: "the pseudo terminal says where it is",
  });
  heard = [];
  return {
    path,
    heard: () => Buffer.concat(heard),
    say: (bytes) => void child.stdin.write(bytes),
    async unplug() {
      child.kill("SIGKILL"); // asked politely, it takes two seconds
      await ended;
    },
  };
}
