// Ports that are TCP connections, and what every port does when it is lost.
import * as assert from "uvu/assert";
import { createWallClock } from "../../../../hil/clock.ts";
import { openPort } from "../../../../hil/drivers/port/open-port.ts";
import { HilError } from "../../../../hil/error.ts";
import { eventually } from "../../../support/eventually.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { startScriptedServer } from "./scripted-server.ts";

const test = suite("a port that is a TCP connection");

const clock = createWallClock();
const opened: { close(): Promise<unknown> }[] = [];
test.after.each(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

async function openBoth() {
  const server = await startScriptedServer();
  opened.push(server);
  const port = await openPort({ kind: "tcp", ...server.address }, { clock });
  opened.push(port);
  let heard = Buffer.alloc(0);
  port.onBytes((bytes) => {
    heard = Buffer.concat([heard, bytes]);
  });
  const reasons: string[] = [];
  port.onEnd((reason) => reasons.push(reason));
  return { server, port, heard: () => heard, reasons };
}

test("carries bytes as they are, has no speed and no lines", async () => {
  const { server, port, heard } = await openBoth();
  assert.not(port.hasLines);
  await port.setBaudRate(921_600);
  await port.write(Uint8Array.of(255, 192, 0));
  await server.hears([255, 192, 0], "the bytes arrive");
  server.say(Uint8Array.of(255, 253, 44));
  await eventually(() => heard().length === 3, { withinMs: 2_000, because: "bytes come back" });
  assert.equal([...heard()], [255, 253, 44]);
  assert.is(((await getRejection(port.setLines({ rts: true }))) as HilError).code, "port-has-no-lines");
});

test("nobody listening is told with the address", async () => {
  const { server, port } = await openBoth();
  await port.close();
  await server.close();
  const error = await getRejection(openPort({ kind: "tcp", ...server.address }, { clock }));
  assert.instance(error, HilError);
  assert.is((error as HilError).code, "port-no-answer");
  assert.match((error as HilError).message, `tcp://127.0.0.1:${server.address.port} cannot be opened: nobody listens`);
});

test("who listens goes on listening when a lost port is opened anew, and an old loss is told once", async () => {
  const { server, port, heard, reasons } = await openBoth();
  server.hangUp();
  await eventually(() => reasons.length === 1, { withinMs: 2_000, because: "the loss is told" });
  await port.reopen();
  await port.write(Uint8Array.of(1));
  await server.hears([1], "the bytes arrive");
  server.say("again");
  await eventually(() => heard().toString() === "again", { withinMs: 2_000, because: "bytes come back" });
  assert.equal(reasons.length, 1);
});

test("a port that was closed tells no loss, and refuses to be written to", async () => {
  const { port, reasons } = await openBoth();
  await port.close();
  await port.close();
  assert.is(((await getRejection(port.write(Uint8Array.of(1)))) as HilError).code, "port-gone");
  assert.equal(reasons, []);
});
