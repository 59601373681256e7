// A board flashed through a real ser2net in between, as on a bench in another room.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { flashBoard } from "../../../../hil/drivers/flasher/flash-job.ts";
import { skip, suite } from "../../../support/suite.ts";
import { clock, openFree, startBoard } from "./flashable-board.ts";

const test = suite("a flash job through ser2net", { limitMs: 60_000 });

const PROGRAM = "/usr/sbin/ser2net";
const closing: (() => Promise<unknown>)[] = [];
test.after.each(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const bound = server.address();
  server.close();
  await once(server, "close");
  if (bound === null || typeof bound === "string") throw new Error("no port");
  return bound.port;
}

test("reset by its lines, written at speed, read back", async () => {
  if (!existsSync(PROGRAM)) skip("needs Debian's package ser2net", "package");
  const board = await startBoard();
  closing.push(board.stop);
  if (!("host" in board.serial)) throw new Error("no address");
  const folder = await mkdtemp(join(tmpdir(), "trapline-ser2net-"));
  closing.push(() => rm(folder, { recursive: true }));
  const port = await findFreePort();
  const config = join(folder, "ser2net.yaml");
  const far = `telnet(rfc2217),tcp,${board.serial.host},${board.serial.port}`;
  await writeFile(
    config,
    `%YAML 1.1\n---\nconnection: &trap\n  accepter: telnet(rfc2217),tcp,127.0.0.1,${port}\n  connector: ${far}\n`,
  );
  const gateway = spawn(PROGRAM, ["-n", "-u", "-c", config], { stdio: "ignore" });
  const gone = once(gateway, "exit");
  closing.push(async () => {
    gateway.kill();
    await gone;
  });
  const through = await openFree({ kind: "rfc2217", host: "127.0.0.1", port });
  closing.push(through.close);
  const bytes = Buffer.concat(
    Array.from({ length: 3_000 }, (_, at) => createHash("sha256").update(String(at)).digest()),
  );
  const remarks: string[] = [];
  const result = await flashBoard({
    ...{ port: through, clock, mac: board.mac },
    regions: [{ name: "bytes", address: 0x10000, bytes }],
    onRemark: (text) => remarks.push(text),
  });
  assert.is(result.attempts, 1, remarks.join());
  assert.is(result.regions[0]?.outcome, "written");
});
