// Tests simulator/serial's servers over real sockets: bytes, speed and lines as they travel, one client at a time, and what garbage does.
import { once } from "node:events";
import * as net from "node:net";
import * as assert from "uvu/assert";
import { createSimClock, type SimClock } from "../../../simulator/board/clock.ts";
import { createSerialLines } from "../../../simulator/serial/lines.ts";
import { startRfc2217Server } from "../../../simulator/serial/rfc2217-server.ts";
import { startTcpServer } from "../../../simulator/serial/tcp-server.ts";
import { createUart, type SerialConnector, type SerialServer, type Uart } from "../../../simulator/serial/uart.ts";
import { eventually } from "../../support/eventually.ts";
import { suite } from "../../support/suite.ts";

const test = suite("serial servers");
const stops: (() => unknown)[] = [];
test.after.each(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface Desk {
  clock: SimClock;
  uart: Uart;
  /** What arrived at the board, and how fast. */
  received: { text: string; baud: number | undefined }[];
  /** What EN and IO0 did. */
  pins: string[];
  server: SerialServer;
}

async function createDesk(startServer: (connector: SerialConnector) => Promise<SerialServer>): Promise<Desk> {
  const clock = createSimClock();
  const received: Desk["received"] = [];
  const pins: string[] = [];
  const lines = createSerialLines({
    clock,
    onPins: (to) => pins.push(`${to.enable ? "E" : "e"}${to.io0 ? "I" : "i"}`),
  });
  const uart = createUart({
    lines,
    receive: (bytes, baud) => received.push({ text: Buffer.from(bytes).toString("latin1"), baud }),
  });
  const server = await startServer(uart);
  stops.push(() => server.stop());
  return { clock, uart, received, pins, server };
}

interface Wire {
  socket: net.Socket;
  /** Everything that came, as hexadecimal. */
  hex(): string;
  text(): string;
  clear(): void;
  write(...bytes: number[]): void;
  /** Waits until what came ends so. */
  endsWith(hex: string): Promise<unknown>;
}

async function connect(server: SerialServer): Promise<Wire> {
  const socket = net.connect({ host: "127.0.0.1", port: Number(server.address.split(":").at(-1)) });
  stops.push(() => socket.destroy());
  let came = Buffer.alloc(0);
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes) => {
    came = Buffer.concat([came, bytes]);
  });
  await once(socket, "connect");
  return {
    socket,
    hex: () => came.toString("hex"),
    text: () => came.toString("latin1"),
    clear() {
      came = Buffer.alloc(0);
    },
    write: (...bytes) => void socket.write(Buffer.from(bytes)),
    endsWith: (hex) =>
      eventually(
        () => {
          if (came.toString("hex").endsWith(hex.replaceAll(" ", ""))) return true;
          throw new Error(came.toString("hex"));
        },
        { withinMs: 2_000, because: `"${hex}" comes` },
      ),
  };
}

const IAC = 255;
const SB = 250;
const SE = 240;
const COM_PORT = 44;
/** What the server asks for at first: BINARY, SGA, COM-PORT and ECHO of its own, the first three of the client. */
const OFFER = "fffb00 fffb03 fffb2c fffb01 fffd00 fffd03 fffd2c";

async function openRfc2217(): Promise<Desk & { wire: Wire; ask(...told: number[]): void }> {
  const desk = await createDesk((connector) => startRfc2217Server(connector));
  const wire = await connect(desk.server);
  await wire.endsWith(OFFER);
  wire.clear();
  return { ...desk, wire, ask: (...told) => wire.write(IAC, SB, COM_PORT, ...told, IAC, SE) };
}

test("raw TCP carries all bytes both ways and no speed", async () => {
  const { uart, received, server } = await createDesk((connector) => startTcpServer(connector));
  const wire = await connect(server);
  wire.write(0, 255, 255, 10, 13);
  await eventually(() => received.length > 0, { withinMs: 2_000, because: "bytes arrive" });
  assert.equal(received, [{ text: "\x00\xff\xff\n\r", baud: undefined }]);
  uart.send(Uint8Array.of(255, 0, 192), 921_600);
  await wire.endsWith("ff00c0");
});

for (const [name, start] of [
  ["TCP", (connector: SerialConnector) => startTcpServer(connector)],
  ["RFC 2217", (connector: SerialConnector) => startRfc2217Server(connector)],
] as const) {
  test(`${name}: a second client is told and closed, and comes in when the first has gone`, async () => {
    const { server, uart } = await createDesk(start);
    const first = await connect(server);
    const second = await connect(server);
    await once(second.socket, "close");
    assert.match(second.text(), /in use by another client/);
    first.socket.destroy();
    const third = await eventually(
      async () => {
        const wire = await connect(server);
        uart.send(Buffer.from("hello"), 115_200);
        await eventually(() => wire.text().includes("hello"), { withinMs: 200, because: "it is served" });
        return wire;
      },
      { withinMs: 3_000, because: "the place is free" },
    );
    assert.not(third.socket.destroyed);
  });
}

test("what is offered and accepted is not said again, what is asked is granted or refused once", async () => {
  const { wire, ask } = await openRfc2217();
  // The answers to the offer, as a client of pyserial's gives them: nothing comes back.
  wire.write(IAC, 253, COM_PORT, IAC, 251, COM_PORT, IAC, 253, 0, IAC, 251, 0, IAC, 253, 3, IAC, 251, 3, IAC, 253, 1);
  // Unknown: terminal type, window size.
  wire.write(IAC, 251, 24, IAC, 253, 31);
  await wire.endsWith("fffe18 fffc1f");
  // Taken back, twice; and asked for again.
  wire.write(IAC, 254, 1, IAC, 254, 1, IAC, 253, 1, IAC, 252, 3);
  ask(0);
  await wire.endsWith(`fffa2c64${Buffer.from("trapline virtual board").toString("hex")}fff0`);
  // In between: the modem's lines, told once unasked, since a client may wait for it.
  assert.ok(wire.hex().startsWith("fffa2c6b00fff0fffe18fffc1ffffc01fffb01fffe03fffa2c64"), wire.hex());
});

const ANSWERS: [what: string, told: number[], answer: string][] = [
  ["the speed is asked: as it is at first", [1, 0, 0, 0, 0], "65 0001c200"],
  ["a speed is set", [1, 0, 1, 0xc2, 0], "65 0001c200"],
  ["a speed with a byte of 255, doubled both ways", [1, 0, 0, IAC, IAC, 0], "65 0000ffff00"],
  ["half a speed is none", [1, 0, 9], "65 0001c200"],
  ["data bits are asked", [2, 0], "66 08"],
  ["data bits are set", [2, 7], "66 07"],
  ["parity is set", [3, 1], "67 01"],
  ["stop bits are set", [4, 1], "68 01"],
  ["flow control is asked", [5, 0], "69 01"],
  ["hardware flow control is not there", [5, 3], "69 01"],
  ["break is asked", [5, 4], "69 06"],
  ["break is set", [5, 5], "69 05"],
  ["DTR is asked", [5, 7], "69 09"],
  ["DTR is raised", [5, 8], "69 08"],
  ["DTR falls", [5, 9], "69 09"],
  ["RTS is asked", [5, 10], "69 0c"],
  ["RTS is raised", [5, 11], "69 0b"],
  ["inbound flow is asked", [5, 13], "69 0e"],
  ["line state", [6], "6a 00"],
  ["modem state", [7, 0], "6b 00"],
  ["mask of line states", [10, 255, 255], "6e ffff"],
  ["mask of modem states", [11, 15], "6f 0f"],
  ["purge", [12, 3], "70 03"],
];
for (const [what, told, answer] of ANSWERS) {
  test(`RFC 2217, ${what}`, async () => {
    const { wire, ask } = await openRfc2217();
    ask(...told);
    await wire.endsWith(`fffa2c ${answer} fff0`);
  });
}

test("a byte of 255 is doubled in data, both ways", async () => {
  const { wire, received, uart } = await openRfc2217();
  wire.write(1, IAC, IAC, 2);
  await eventually(() => received.map((one) => one.text).join("") === "\x01\xff\x02", {
    withinMs: 2_000,
    because: "one of the two arrives",
  });
  uart.send(Uint8Array.of(3, 255, 4), 115_200);
  await wire.endsWith("03ffff04");
});

test("bytes carry the client's speed, and come as noise at another than the board's", async () => {
  const { wire, ask, received, uart } = await openRfc2217();
  ask(1, 0, 7, 8, 0);
  wire.write(65);
  await wire.endsWith("fffa2c 65 00070800 fff0");
  await eventually(() => received.length > 0, { withinMs: 2_000, because: "the byte arrives" });
  assert.equal(received, [{ text: "A", baud: 460_800 }]);
  wire.clear();
  uart.send(Buffer.from("ABCD"), 115_200);
  uart.send(Buffer.from("<end>"), 460_900);
  await wire.endsWith(Buffer.from("<end>").toString("hex"));
  assert.not(wire.text().includes("ABCD"), "what was sent slower is not understood");
  assert.ok(wire.text().length > "<end>".length, "but something came");
});

test("opened and closed it resets nothing; esptool's classic sequence ends in the loader [CHIP-20]", async () => {
  const { wire, ask, pins, clock, server } = await openRfc2217();
  ask(5, 8);
  ask(5, 11);
  await wire.endsWith("69 0b fff0");
  assert.not(
    pins.some((one) => one.startsWith("e")),
    pins.join(),
  );
  pins.length = 0;
  for (const [control, ms] of [
    [9, 0],
    [11, 100],
    [8, 90],
    [12, 50],
    [9, 0],
  ] as const) {
    ask(5, control);
    await wire.endsWith(`69 ${Buffer.of(control).toString("hex")} fff0`);
    clock.advance(ms);
  }
  assert.equal(pins, ["eI", "Ei", "EI"]);
  pins.length = 0;
  wire.socket.destroy();
  await connect(server);
  clock.advance(1_000);
  assert.not(
    pins.some((one) => one.startsWith("e")),
    pins.join(),
  );
});

test("suspended it sends nothing until it is resumed", async () => {
  const { wire, ask, uart } = await openRfc2217();
  ask(8);
  ask(12, 1);
  await wire.endsWith("70 01 fff0");
  uart.send(Buffer.from("lost"), 115_200);
  ask(9);
  ask(12, 2);
  await wire.endsWith("70 02 fff0");
  uart.send(Buffer.from("heard"), 115_200);
  await wire.endsWith(Buffer.from("heard").toString("hex"));
  assert.not(wire.text().includes("lost"));
});

test("garbage is survived: endless asides, unknown commands, halves, and what follows is understood", async () => {
  const { wire, ask, pins } = await openRfc2217();
  wire.write(IAC, SB, COM_PORT, ...Array.from({ length: 5_000 }, () => 7), IAC, SE);
  wire.write(IAC, SB, IAC, SE, IAC, SB, COM_PORT, IAC, SE, IAC, SB, 99, 1, 2, IAC, SE, IAC, 241, IAC, 200);
  wire.write(IAC, SB, COM_PORT, 12, 1, IAC, 251, 24);
  for (let i = 0; i < 3_000; i++) wire.write((i * 7919 + (i >> 4)) % 255);
  ask(77, 1);
  ask(5);
  ask(5, 200);
  ask(12, 2);
  await wire.endsWith("70 02 fff0");
  assert.equal(pins, []);
});

test("a client that does not read loses bytes and costs no memory", async () => {
  const { uart, server } = await createDesk((connector) => startTcpServer(connector));
  const wire = await connect(server);
  wire.socket.pause();
  const before = process.memoryUsage().rss;
  const chunk = Buffer.alloc(64 * 1024, 88);
  for (let i = 0; i < 4_000; i++) uart.send(chunk, 115_200);
  assert.ok(process.memoryUsage().rss - before < 100e6, "256 MB were not kept");
});
