// The client of RFC 2217 against the server most benches have.
import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { createWallClock } from "../../../../hil/clock.ts";
import { openPort } from "../../../../hil/drivers/port/open-port.ts";
import type { HilError } from "../../../../hil/error.ts";
import { eventually } from "../../../support/eventually.ts";
import { getRejection } from "../../../support/rejection.ts";
import { skip, suite } from "../../../support/suite.ts";
import { openPty } from "./pty.ts";

const test = suite("a port behind a real ser2net");

const clock = createWallClock();
const opened: (() => Promise<unknown>)[] = [];
test.after.each(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  if (bound === null || typeof bound === "string") throw new Error("no port");
  return bound.port;
}

/** The pseudo terminal it serves, and where. */
async function startSer2net() {
  if (spawnSync("ser2net", ["-v"]).error !== undefined) skip("needs Debian's package ser2net", "package");
  const pty = await openPty();
  opened.push(pty.unplug);
  const folder = await mkdtemp(join(tmpdir(), "trapline-ser2net-"));
  opened.push(() => rm(folder, { recursive: true }));
  const port = await freePort();
  const file = join(folder, "ser2net.yaml");
  await writeFile(
    file,
    `connection: &board
  accepter: telnet(rfc2217=true),tcp,127.0.0.1,${port}
  connector: serialdev,${pty.path},115200n81,local
`,
  );
  const child = spawn("ser2net", ["-n", "-d", "-u", "-c", file], { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  opened.push(async () => {
    child.kill();
    await ended;
  });
  await eventually(() => isListening(port), { withinMs: 5_000, because: "ser2net listens" });
  return { pty, address: { host: "127.0.0.1", port } };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

test("carries every byte both ways, takes speeds, bears with lines the device has not, and tells who has the port", async () => {
  const { pty, address } = await startSer2net();
  const port = await eventually(() => openPort({ kind: "rfc2217", ...address }, { clock }), {
    withinMs: 5_000,
    because: "ser2net has let go of who asked before",
  });
  opened.push(port.close);
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  let heard = Buffer.alloc(0);
  port.onBytes((bytes) => {
    heard = Buffer.concat([heard, bytes]);
  });
  await port.write(all);
  await eventually(() => pty.heard().length >= 256, { withinMs: 3_000, because: "the bytes arrive" });
  assert.equal([...pty.heard()], [...all]);
  pty.say(all);
  await eventually(() => heard.length >= 256, { withinMs: 3_000, because: "bytes come back" });
  assert.equal([...heard], [...all]);
  await port.setBaudRate(921_600);
  await port.setLines({ dtr: true, rts: false });

  const error = (await getRejection(openPort({ kind: "rfc2217", ...address }, { clock }))) as HilError;
  assert.is(error.code, "port-in-use");
  assert.match(error.message, "Port already in use");
});
