// The client of RFC 2217 against servers with the habits of those that are about.
import * as assert from "uvu/assert";
import { createWallClock } from "../../../../hil/clock.ts";
import { openPort } from "../../../../hil/drivers/port/open-port.ts";
import type { Port } from "../../../../hil/drivers/port/port.ts";
import { orderLines } from "../../../../hil/drivers/port/rfc2217.ts";
import { createTelnetReader, tellOption } from "../../../../hil/drivers/port/telnet.ts";
import { HilError } from "../../../../hil/error.ts";
import { eventually } from "../../../support/eventually.ts";
import { getRejection } from "../../../support/rejection.ts";
import { suite } from "../../../support/suite.ts";
import { type ScriptedServer, startScriptedServer } from "./scripted-server.ts";

const test = suite("a port over RFC 2217");

const clock = createWallClock();
const DO_COM_PORT = [255, 253, 44];
const WILL_COM_PORT = [255, 251, 44];
const DTR_RTS_FOR_THE_LOADER = [255, 250, 44, 5, 8, 255, 240, 255, 250, 44, 5, 12, 255, 240];

const opened: { close(): Promise<unknown> }[] = [];
test.after.each(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

type Habit = (command: number, value: Uint8Array) => number[] | undefined;

/** A server that agrees, and answers what its habit says: the command and its value as they are told. */
async function startServer(habit: Habit, agree = DO_COM_PORT): Promise<ScriptedServer> {
  const read = createTelnetReader();
  const server = await startScriptedServer((piece) => {
    const said: Uint8Array[] = [];
    for (const item of read(piece)) {
      if (item.kind === "option" && item.option === 44 && item.verb === "will") said.push(Uint8Array.from(agree));
      const answer = item.kind === "told" ? habit(item.bytes[0] ?? 0, item.bytes.subarray(1)) : undefined;
      if (answer !== undefined) said.push(tellOption(44, Uint8Array.from(answer)));
    }
    return Buffer.concat(said);
  });
  opened.push(server);
  return server;
}

async function open(server: ScriptedServer): Promise<Port> {
  const port = await openPort({ kind: "rfc2217", ...server.address }, { clock });
  opened.push(port);
  return port;
}

const echo: Habit = (command, value) => [command + 100, ...value];
const HABITS: [name: string, habit: Habit, agree?: number[]][] = [
  ["echoes everything", echo],
  ["answers nothing to a change of the lines", (command, value) => (command === 5 ? undefined : echo(command, value))],
  ["answers 1 to a change of the lines", (command, value) => (command === 5 ? [105, 1] : echo(command, value))],
  ["answers nothing at all", () => undefined],
  ["offers the option instead of asking for it", echo, WILL_COM_PORT],
];

for (const [name, habit, agree] of HABITS) {
  test(`works with a server that ${name}`, async () => {
    const server = await startServer(habit, agree);
    const port = await open(server);
    assert.ok(port.hasLines);
    await server.hears([255, 250, 44, 1, 0, 1, 194, 0, 255, 240], "115200 bits per second are asked for");
    server.forget();
    await port.setLines({ dtr: true, rts: false });
    await server.hears(DTR_RTS_FOR_THE_LOADER, "both lines are set, one behind the other");
    await port.setBaudRate(921_600);
    await server.hears([255, 250, 44, 1, 0, 14, 16, 0, 255, 240], "921600 bits per second are asked for");
  });
}

test("does not touch the lines by being opened, since some servers reset the board then", async () => {
  const server = await startServer(echo);
  await open(server);
  const orders = [8, 9, 11, 12].filter((order) => server.heard().includes(Buffer.from([44, 5, order])));
  assert.equal(orders, []);
});

test("waits once for a server that answers nothing, and then no more", async () => {
  const server = await startServer((command, value) => (command === 5 ? undefined : echo(command, value)));
  const port = await open(server);
  const begin = performance.now();
  for (let i = 0; i < 10; i++) await port.setLines({ dtr: false, rts: i % 2 === 0 });
  assert.ok(performance.now() - begin < 1_000, "ten changes of the lines took longer than one answer is waited for");
});

test("carries every byte both ways, 255 doubled", async () => {
  const server = await startServer(echo);
  const port = await open(server);
  const heard: number[] = [];
  port.onBytes((bytes) => heard.push(...bytes));
  server.forget();
  await port.write(Uint8Array.of(0, 13, 10, 192, 255, 255, 1));
  await server.hears([0, 13, 10, 192, 255, 255, 255, 255, 1], "the bytes arrive");
  server.say(Uint8Array.of(7, 255, 255, 13, 0, 8));
  await eventually(() => heard.length >= 5, { withinMs: 2_000, because: "bytes come back" });
  assert.equal(heard, [7, 255, 13, 0, 8]);
});

test("a server that sets another speed is told of, with both numbers", async () => {
  const server = await startServer((command, value) => {
    const wanted = Buffer.from(value);
    return command === 1 && wanted.readUInt32BE() === 921_600 ? [101, 0, 7, 8, 0] : echo(command, value);
  });
  const port = await open(server);
  const error = await refusal(port.setBaudRate(921_600));
  assert.is(error.code, "port-speed-refused");
  assert.match(error.message, /460800 .* instead of 921600/);
});

test("a port that speaks no RFC 2217 is told apart, with what to write instead", async () => {
  const server = await startServer(echo, [255, 254, 44]);
  const error = await refusal(open(server));
  assert.is(error.code, "port-not-rfc2217");
  assert.match(error.message, "tcp://");
});

test("a server that is busy is quoted", async () => {
  const greeting = Buffer.from("\xff\xfd\x2cPort already in use\r\n", "latin1");
  const server = await startScriptedServer(() => {
    server.hangUp();
    return undefined;
  }, greeting);
  opened.push(server);
  const error = await refusal(open(server));
  assert.is(error.code, "port-in-use");
  assert.match(error.message, "Port already in use");
});

test("a connection that is lost is told once, and writing says so", async () => {
  const server = await startServer(echo);
  const port = await open(server);
  const reasons: string[] = [];
  port.onEnd((reason) => reasons.push(reason));
  server.hangUp();
  await eventually(() => reasons.length > 0, { withinMs: 2_000, because: "the loss is told" });
  const error = await refusal(port.write(Uint8Array.of(1)));
  assert.is(error.code, "port-gone");
  assert.is(error.kind, "infrastructure");
  assert.is(reasons.length, 1);
});

test("lines change in an order that passes through no reset nobody asked for", () => {
  assert.equal(orderLines({ dtr: false, rts: false }), [12, 9]);
  assert.equal(orderLines({ dtr: true, rts: true }), [8, 11]);
  assert.equal(orderLines({ dtr: true, rts: false }), [8, 12]);
  assert.equal(orderLines({ dtr: false, rts: true }), [11, 9]);
  assert.equal(orderLines({ rts: true }), [11]);
});

async function refusal(work: Promise<unknown>): Promise<HilError> {
  const error = await getRejection(work);
  assert.instance(error, HilError);
  return error as HilError;
}
