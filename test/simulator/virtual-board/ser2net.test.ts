// A virtual board behind a real ser2net, as on a bench in another room: in front of its RFC 2217 port, where the lines go through, and of its
// pty, where there are none and requests for them stay unanswered.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import * as assert from "uvu/assert";
import { eventually } from "../../support/eventually.ts";
import { skip, suite } from "../../support/suite.ts";
import { type BoardProcess, type Cable, plugIn, startBoard } from "./board-process.ts";

const test = suite("virtual board behind ser2net", { limitMs: 40_000 });
const PROGRAMS = ["/usr/sbin/ser2net", "/usr/bin/ser2net"];
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "trapline-ser2net-"));
const cables: Cable[] = [];
let board: BoardProcess | undefined;
let gateway: ChildProcess | undefined;

test.after.each(async () => {
  for (const cable of cables.splice(0)) cable.close();
  if (gateway !== undefined && gateway.exitCode === null) {
    const exited = once(gateway, "exit");
    gateway.kill("SIGTERM");
    await exited;
  }
  if (board !== undefined) assert.is(await board.end(), 0, board.complaints());
  gateway = undefined;
  board = undefined;
});
test.after(() => fs.rmSync(folder, { recursive: true, force: true }));

async function findFreePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A gateway in front of `connector`, in ser2net's own words, and a cable to it. */
async function plugThrough(program: string, connector: string): Promise<Cable> {
  const port = await findFreePort();
  const config = path.join(folder, `${port}.yaml`);
  const accepter = `telnet(rfc2217),tcp,127.0.0.1,${port}`;
  fs.writeFileSync(config, `%YAML 1.1\n---\nconnection: &trap\n  accepter: ${accepter}\n  connector: ${connector}\n`);
  gateway = spawn(program, ["-n", "-u", "-c", config], { stdio: "ignore" });
  return eventually(
    async () => {
      const cable = await plugIn(`rfc2217://127.0.0.1:${port}`);
      cables.push(cable);
      return cable;
    },
    { withinMs: 10_000, because: "ser2net listens" },
  );
}

function findProgram(): string {
  return PROGRAMS.find((one) => fs.existsSync(one)) ?? skip("needs Debian's package ser2net", "package");
}

test("in front of RFC 2217 it carries bytes, speed and the lines: the classic sequence ends in the loader", async () => {
  const program = findProgram();
  board = await startBoard([]);
  const { host } = new URL(board.addresses.serial.replace("rfc2217:", "http:"));
  const cable = await plugThrough(program, `telnet(rfc2217),tcp,${host.replace(":", ",")}`);
  await cable.hears("invalid header: 0xffffffff");
  assert.not(cable.text().includes("POWERON_RESET"), "being opened resets nothing");
  cable.setLines({ dtr: false });
  cable.setLines({ rts: true });
  const isInReset = async () => (await board?.control("/api/state"))?.chip === "reset";
  await eventually(isInReset, { withinMs: 3_000, because: "EN is low" });
  cable.setLines({ dtr: true });
  cable.setLines({ rts: false });
  await cable.hears("rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT");
  cable.setLines({ dtr: false, rts: true });
  cable.setLines({ rts: false });
  await cable.hears("boot:0x13");
});

test("in front of a pty it carries bytes and the control server has the lines", async () => {
  const program = findProgram();
  board = await startBoard(["--serial", "pty"]).catch((error: Error) => {
    if (/install Debian's package socat/.test(error.message)) skip("needs Debian's package socat", "package");
    throw error;
  });
  const cable = await plugThrough(program, `serialdev,${board.addresses.serial},115200n81,local`);
  await cable.hears("invalid header: 0xffffffff");
  await board.control("/api/lines", { dtr: false, rts: true });
  await board.control("/api/lines", { dtr: true, rts: false });
  await cable.hears("waiting for download");
});
