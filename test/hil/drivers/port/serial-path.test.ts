// Ports that are devices, on a pseudo terminal of the system.
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { createWallClock } from "../../../../hil/clock.ts";
import { openPort } from "../../../../hil/drivers/port/open-port.ts";
import { HilError } from "../../../../hil/error.ts";
import { eventually } from "../../../support/eventually.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { openPty } from "./pty.ts";

const test = suite("a port that is a device of this machine");

const clock = createWallClock();
const opened: (() => Promise<unknown>)[] = [];
test.after.each(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function plugIn() {
  const pty = await openPty();
  opened.push(pty.unplug);
  return pty;
}

async function open(path: string) {
  const port = await openPort({ kind: "path", path }, { clock });
  opened.push(port.close);
  return port;
}

async function refusal(path: string): Promise<HilError> {
  const error = await getRejection(openPort({ kind: "path", path }, { clock }));
  assert.instance(error, HilError);
  return error as HilError;
}

test("a pseudo terminal carries every byte both ways and has no lines", async () => {
  const pty = await plugIn();
  const port = await open(pty.path);
  assert.not(port.hasLines);
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  let heard = Buffer.alloc(0);
  port.onBytes((bytes) => {
    heard = Buffer.concat([heard, bytes]);
  });
  await port.write(all);
  await eventually(() => pty.heard().length >= 256, { withinMs: 3_000, because: "the bytes arrive" });
  assert.equal([...pty.heard()], [...all]);
  await port.setBaudRate(921_600);
  pty.say(all);
  await eventually(() => heard.length >= 256, { withinMs: 3_000, because: "bytes come back" });
  assert.equal([...heard], [...all]);
  const error = await getRejection(port.setLines({ dtr: true }));
  assert.is((error as HilError).code, "port-has-no-lines");
});

test("a second program on the same port is refused in words", async () => {
  const pty = await plugIn();
  const port = await open(pty.path);
  const error = await refusal(pty.path);
  assert.is(error.code, "port-in-use");
  assert.match(error.message, "in use by another program");
  await port.close();
  await open(pty.path);
});

test("a port that is unplugged says so at once, and can be opened anew when it is back", async () => {
  const pty = await plugIn();
  const port = await open(pty.path);
  const reasons: string[] = [];
  port.onEnd((reason) => reasons.push(reason));
  await pty.unplug();
  await eventually(() => reasons.length === 1, { withinMs: 3_000, because: "the loss is told" });
  assert.is(((await getRejection(port.write(Uint8Array.of(1)))) as HilError).code, "port-gone");
  assert.is(((await getRejection(port.reopen())) as HilError).code, "port-missing");
});

test("what is no port is refused with what to do", async () => {
  const missing = await refusal("/dev/no-such-port");
  assert.is(missing.code, "port-missing");
  assert.match(missing.message, "hil list");
  const folder = await mkdtemp(join(tmpdir(), "trapline-port-"));
  opened.push(() => rm(folder, { recursive: true }));
  writeFileSync(join(folder, "file"), "");
  assert.is((await refusal(join(folder, "file"))).code, "port-unusable");
});
