// What a tap can do to a connection: nothing, refuse, cut, hold one message and let it go on or not.
import { connect, createServer, type Server, type Socket } from "node:net";
import * as assert from "uvu/assert";
import { findFreePort } from "../../../hil/drivers/cloud/free-port.ts";
import { type Relay, startRelay } from "../../../hil/drivers/cloud/relay.ts";
import { TapState } from "../../../hil/drivers/cloud/tap.ts";
import { createHttpSplitter, type TapMessage } from "../../../hil/drivers/cloud/tap-messages.ts";
import { eventually } from "../../support/eventually.ts";
import { suite } from "../../support/suite.ts";

const test = suite("a relay");
const HOST = "127.0.0.1";
const REQUEST = "POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi";
const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

let server: Server;
let received: string;
let targetPort: number;
let relay: Relay;
let tap: TapState;
let seen: TapMessage[];

test.before.each(async () => {
  received = "";
  seen = [];
  targetPort = await findFreePort(HOST);
  server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      received += bytes.toString();
      if (received.endsWith("hi")) socket.end(ANSWER);
    });
  });
  await new Promise<void>((resolve) => server.listen(targetPort, HOST, resolve));
  tap = new TapState();
  relay = await startRelay({
    ...{ host: HOST, port: await findFreePort(HOST) },
    getTarget: () => ({ host: HOST, port: targetPort }),
    createSplitters() {
      const asked: string[] = [];
      return { up: createHttpSplitter("up", asked), down: createHttpSplitter("down", asked) };
    },
    tapOf: () => tap,
    onMessage: (message) => seen.push(message),
  });
});
test.after.each(async () => {
  await relay.close();
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

interface Client {
  socket: Socket;
  said(): string;
  /** "ended" after a whole answer, or the code of the error. */
  end: Promise<string>;
}

function ask(text = REQUEST): Client {
  let said = "";
  let error = "ended";
  const socket = connect({ host: HOST, port: relay.port });
  socket.on("data", (bytes) => {
    said += bytes.toString();
  });
  socket.on("error", (thrown: NodeJS.ErrnoException) => {
    error = thrown.code ?? thrown.message;
  });
  socket.write(text);
  return { socket, said: () => said, end: new Promise((resolve) => socket.on("close", () => resolve(error))) };
}

test("passes requests and answers on, and is heard of both", async () => {
  const client = ask();
  assert.is(await client.end, "ended");
  assert.is(client.said(), ANSWER);
  assert.equal(
    seen.map((message) => [message.direction, message.name, message.status]),
    [
      ["up", "POST /a", undefined],
      ["down", "POST /a", 200],
    ],
  );
  await eventually(() => tap.count() === 0, { withinMs: 2_000, because: "the connection is forgotten" });
});

test("answers one who has ended its own side", async () => {
  const client = ask();
  client.socket.end();
  assert.is(await client.end, "ended");
  assert.is(client.said(), ANSWER);
});

test("refused, a trap gets no answer and the cloud hears nothing; accepted again, it does", async () => {
  tap.refuse();
  assert.is(await ask().end, "ECONNRESET");
  assert.is(received, "");
  tap.accept();
  const client = ask();
  await client.end;
  assert.is(client.said(), ANSWER);
});

test("a request that is held does not arrive until it may pass", async () => {
  const hold = tap.holdNext((message) => message.name === "POST /a" && message.direction === "up");
  const client = ask();
  await eventually(() => hold.message() !== undefined, { withinMs: 2_000, because: "the request is held" });
  assert.is(received, "");
  hold.pass();
  assert.is(await client.end, "ended");
  assert.is(client.said(), ANSWER);
});

test("an answer that is held and cut was given, and is never heard", async () => {
  const hold = tap.holdNext((message) => message.direction === "down");
  const client = ask();
  await eventually(() => hold.message() !== undefined, { withinMs: 2_000, because: "the answer is held" });
  assert.is(hold.message()?.status, 200);
  hold.cut();
  assert.is(await client.end, "ECONNRESET");
  assert.is(client.said(), "");
  assert.is(received, REQUEST);
});

test("only what fits is held, and only once", async () => {
  const hold = tap.holdNext((message) => message.name === "POST /b");
  await ask().end;
  assert.is(hold.message(), undefined);
  const other = ask(REQUEST.replace("/a", "/b"));
  await eventually(() => hold.message() !== undefined, { withinMs: 2_000, because: "the other one is held" });
  hold.pass();
  await other.end;
  received = "";
  const again = ask(REQUEST.replace("/a", "/b"));
  await again.end;
  assert.is(again.said(), ANSWER);
});

test("clearing a tap lets go of what it holds and accepts again", async () => {
  tap.holdNext((message) => message.direction === "up");
  const client = ask();
  await eventually(() => tap.count() === 1, { withinMs: 2_000, because: "the connection is there" });
  tap.refuse();
  tap.clear();
  await client.end;
  assert.is(client.said(), ANSWER);
});

test("cut, open connections break at both ends", async () => {
  const client = ask("POST /a HTTP/1.1\r\n");
  await eventually(() => tap.count() === 1, { withinMs: 2_000, because: "the connection is there" });
  tap.cut();
  assert.is(await client.end, "ECONNRESET");
});

test("a cloud that is not there looks as if the relay were not", async () => {
  targetPort = await findFreePort(HOST);
  assert.is(await ask().end, "ECONNRESET");
});

test("other bytes pass in the place of those that came, as long as that is wished, and what came is heard", async () => {
  const stop = tap.alter((message) =>
    message.direction === "down" && message.name === "POST /a"
      ? Buffer.from(Buffer.from(message.bytes).toString().replace("ok", "no"))
      : undefined,
  );
  const altered = ask();
  await altered.end;
  assert.is(altered.said(), ANSWER.replace("ok", "no"));
  assert.is(received, REQUEST, "the other direction is as it was");
  assert.equal(
    seen.map((message) => message.body),
    ["hi", "ok"],
  );
  stop();
  const plain = ask();
  await plain.end;
  assert.is(plain.said(), ANSWER);
});

test("what was held is altered as it goes on, and nothing is once the tap is cleared", async () => {
  const hold = tap.holdNext((message) => message.direction === "down");
  tap.alter((message) => (message.direction === "down" ? Buffer.from("HTTP/1.1 204 No Content\r\n\r\n") : undefined));
  const held = ask();
  await eventually(() => hold.message() !== undefined, { withinMs: 2_000, because: "the answer is held" });
  hold.pass();
  await held.end;
  assert.match(held.said(), /^HTTP\/1.1 204/);
  tap.clear();
  const plain = ask();
  await plain.end;
  assert.is(plain.said(), ANSWER);
});
