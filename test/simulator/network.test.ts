// Tests the radio and the network modules against real servers on this machine: what programs hear, and what dies with the power.
import * as http from "node:http";
import * as net from "node:net";
import * as assert from "uvu/assert";
import { createWorld } from "../../simulator/board/radio.ts";
import { eventually } from "../support/eventually.ts";
import { suite } from "../support/suite.ts";
import { createWorkbench, goOnline, HOME, type Workbench } from "./workbench.ts";

const test = suite("network");
const JOIN = `require("Wifi").connect("${HOME.ssid}", { password: "${HOME.password}" }, function (e) { print("joined " + e); });`;
const LISTEN = `var w = require("Wifi"); ["associated", "connected", "disconnected"].forEach(function (name) {
  w.on(name, function (d) { print(name + " " + (d.msg || d.ip || d.ssid)); }); });`;

let bench: Workbench;
const servers: net.Server[] = [];
test.before.each(() => {
  bench = createWorkbench();
});
test.after.each(async () => {
  bench.board.stop();
  for (const server of servers.splice(0)) {
    if (server instanceof http.Server) server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen<T extends net.Server>(server: T): Promise<{ server: T; port: number }> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as net.AddressInfo).port };
}

const seen = (line: string) => eventually(() => bench.lines.includes(line), { withinMs: 3000, because: `"${line}"` });

test("joining the right network calls back without an error, then tells of the address", () => {
  bench.run(LISTEN + JOIN);
  assert.equal(bench.lines, []);
  bench.clock.advance(1000);
  assert.equal(bench.lines, ["associated home", "joined null", "connected 192.168.4.2"]);
  assert.match(bench.run("print(JSON.stringify(require('Wifi').getStatus()))")[0]!, '"rssi":-57');
  assert.equal(bench.run("print(require('Wifi').getIP().ip, require('Wifi').getDetails().ssid)"), ["192.168.4.2 home"]);
});

for (const [what, code, reason] of [
  ["a wrong password", JOIN.replace("cheese", "wrong"), "4WAY_HANDSHAKE_TIMEOUT"],
  ["an unknown name", JOIN.replace('"home"', '"other"'), "NO_AP_FOUND"],
] as const) {
  test(`joining with ${what} fails after three tries, with the reason`, () => {
    bench.run(LISTEN + code);
    bench.clock.advance(5000);
    assert.equal(bench.lines, [`disconnected ${reason}`, `joined ${reason}`]);
    assert.equal(bench.run("print(require('Wifi').getStatus().station)"), [reason]);
  });
}

test("a network that goes away is noticed after a while, and the program has to join again", () => {
  bench.run(LISTEN + JOIN);
  bench.clock.advance(1000);
  bench.world.setUp(false);
  bench.clock.advance(10_000);
  assert.equal(bench.lines.slice(3), ["disconnected NO_AP_FOUND"]);
  bench.world.setUp(true);
  bench.clock.advance(60_000);
  assert.is(bench.lines.length, 4);
  bench.run(JOIN);
  bench.clock.advance(1000);
  assert.equal(bench.lines.slice(-2), ["joined null", "connected 192.168.4.2"]);
});

test("a network that is back soon is joined again by the driver itself", () => {
  bench.run(LISTEN + JOIN);
  bench.clock.advance(1000);
  bench.world.setUp(false);
  bench.clock.advance(100);
  bench.world.setUp(true);
  bench.clock.advance(5000);
  assert.equal(bench.lines.slice(3), ["associated home", "connected 192.168.4.2"]);
});

test("joining without a name, with a broken password or callback is an error of the program", () => {
  assert.match(bench.run("require('Wifi').connect()")[0]!, "No SSID provided");
  assert.match(
    bench.run("require('Wifi').connect('a', { password: 5 })")[0]!,
    "Expecting options.password to be a string",
  );
  assert.match(bench.run("require('Wifi').connect('a', {}, 5)")[0]!, "Expecting callback function");
});

test("leaving calls back, and the sockets are gone", () => {
  bench.run(LISTEN + JOIN);
  bench.clock.advance(1000);
  bench.run("require('Wifi').disconnect(function () { print('left'); })");
  assert.equal(bench.lines.slice(3), ["left", "disconnected ASSOC_LEAVE", "left"]);
  assert.match(bench.run("require('net').connect({ host: '127.0.0.1', port: 1 })")[0]!, "Unable to locate host");
});

const CONNECT = (
  port: number,
) => `var s = require("net").connect({ host: "127.0.0.1", port: ${port} }, function (socket) {
  print("open " + (socket === s)); });
  s.on("data", function (d) { print("data " + d.length + " " + d.charCodeAt(0)); });
  s.on("error", function (e) { print("error " + e.code + " " + e.message); });
  s.on("close", function (e) { print("close " + e); }); s.on("drain", function () { print("drain"); });`;

test("bytes go both ways unharmed, and a socket closed by the server is closed without an error", async () => {
  const { port } = await listen(net.createServer((peer) => peer.on("data", (data) => peer.end(data))));
  goOnline(bench);
  bench.run(CONNECT(port));
  await seen("open true");
  bench.run("s.write('\\xff\\x00\\x80');");
  await seen("close false");
  assert.equal(
    bench.lines.filter((line) => line !== "drain"),
    ["open true", "data 3 255", "close false"],
  );
  assert.match(bench.run("s.write('more')")[0]!, "This socket is closed");
});

test("data comes in pieces of at most 536 bytes, and waits for a listener", async () => {
  const { port } = await listen(net.createServer((peer) => peer.end(Buffer.alloc(1500, 7))));
  goOnline(bench);
  bench.run(CONNECT(port));
  await seen("close false");
  const sizes = bench.lines.filter((line) => line.startsWith("data")).map((line) => Number(line.split(" ")[1]));
  assert.is(
    sizes.reduce((sum, size) => sum + size, 0),
    1500,
  );
  assert.ok(Math.max(...sizes) <= 536);
  bench.run(`var t = require("net").connect({ host: "127.0.0.1", port: ${port} }, function () {
    setTimeout(function () { t.on("data", function (d) { print("late " + d.length); }); }, 500); });`);
  await eventually(() => bench.run("print('av ' + t.available())")[0] === "av 536", {
    withinMs: 3000,
    because: "bytes",
  });
  bench.clock.advance(500);
  assert.ok(bench.lines.includes("late 536"));
});

test("end() sends what was written, then closes", async () => {
  const received: string[] = [];
  const { port } = await listen(
    net.createServer((peer) => {
      peer.on("data", (data) => received.push(data.toString("latin1")));
      peer.on("end", () => received.push("(end)"));
    }),
  );
  goOnline(bench);
  bench.run(CONNECT(port));
  await seen("open true");
  bench.run("s.write('hello '); s.end('world');");
  assert.is(bench.lines.at(-1), "close false");
  await eventually(() => received.at(-1) === "(end)", { withinMs: 3000, because: "the server sees the end" });
  assert.is(received.slice(0, -1).join(""), "hello world");
});

test("a refused connection is an error and the end of the socket", async () => {
  const { server, port } = await listen(net.createServer());
  await new Promise((resolve) => server.close(resolve));
  servers.length = 0;
  goOnline(bench);
  bench.run(CONNECT(port));
  await seen("close true");
  assert.equal(bench.lines, ["error -9 connection reset", "close true"]);
});

test("names are found as the board was told, or not at all", async () => {
  bench.board.stop();
  bench = createWorkbench({ resolveHost: (host) => (host === "cloud.example" ? "127.0.0.1" : undefined) });
  const { port } = await listen(net.createServer((peer) => peer.end("x")));
  goOnline(bench);
  bench.run(CONNECT(port).replace("127.0.0.1", "cloud.example"));
  await seen("data 1 120");
  assert.match(
    bench.run("require('net').connect({ host: 'nowhere', port: 1 })")[0]!,
    "InternalError: Unable to locate host",
  );
});

for (const [what, cut, heard] of [
  ["the power", () => bench.board.powerOff(), []],
  ["the network", () => bench.world.setUp(false), ["error -11 no connection", "close true"]],
  ["a restart of the program", () => bench.run("reset()"), []],
] as const) {
  test(`${what} takes every socket with it at once`, async () => {
    let closed = 0;
    const { port } = await listen(
      net.createServer((peer) => {
        peer.on("error", () => undefined);
        peer.on("close", () => {
          closed += 1;
        });
        peer.resume();
      }),
    );
    goOnline(bench);
    bench.run(CONNECT(port));
    await seen("drain");
    cut();
    await eventually(() => closed === 1, { withinMs: 3000, because: "the server sees the socket go" });
    assert.equal(bench.lines.slice(2), heard);
  });
}

interface Seen {
  method: string;
  url: string;
  headers: http.IncomingHttpHeaders;
  body: string;
}

async function serve(
  answer: (response: http.ServerResponse, request: Seen) => void,
): Promise<{ port: number; seen: Seen[] }> {
  const seen: Seen[] = [];
  const { port } = await listen(
    http.createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        const body = Buffer.concat(parts).toString("latin1");
        const one = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body };
        seen.push(one);
        answer(response, one);
      });
    }),
  );
  return { port, seen };
}

const REQUEST = (port: number, method: string, headers: string, body: string) => `
  var r = require("http").request({ host: "127.0.0.1", port: ${port}, path: "/x?y=1", method: "${method}", headers: ${headers} },
    function (res) { print("status " + typeof res.statusCode + res.statusCode + " " + res.headers["X-Mark"]); var body = "";
      res.on("data", function (d) { body += d; }); res.on("end", function () { print("end " + body.length); });
      res.on("close", function (e) { print("close " + e + " " + body.slice(0, 5)); }); });
  r.on("error", function (e) { print("error " + e.code); }); r.end(${body});`;

test("a POST with its length arrives whole, and the answer comes with status, headers and body", async () => {
  const { port, seen: requests } = await serve((response, request) => {
    response.writeHead(201, { "X-Mark": "m", "Content-Length": request.body.length });
    response.end(Buffer.from(request.body, "latin1"));
  });
  goOnline(bench);
  bench.run(REQUEST(port, "POST", "{ 'Content-Length': 3, 'Content-Type': 'x/y' }", "'\\xff\\x00a'"));
  await seen("close false \xff\x00a");
  assert.equal(bench.lines, ["status string201 m", "end 3", "close false \xff\x00a"]);
  const [request] = requests;
  assert.equal([request?.method, request?.url, request?.body], ["POST", "/x?y=1", "\xff\x00a"]);
  assert.equal([request?.headers["content-type"], request?.headers.host], ["x/y", `127.0.0.1:${port}`]);
  assert.is(request?.headers.connection, "close");
});

for (const [what, length, headers] of [
  ["with a length", 5000, { "Content-Length": "5000" }],
  ["in chunks", 5000, {}],
  ["that is empty", 0, { "Content-Length": "0" }],
] as const) {
  test(`a body ${what} is read to its end`, async () => {
    const { port } = await serve((response) => {
      response.writeHead(200, { "X-Mark": "m", ...headers });
      response.end(Buffer.alloc(length, "z"));
    });
    goOnline(bench);
    bench.run(REQUEST(port, "GET", "{}", ""));
    await seen(`close false ${"z".repeat(Math.min(length, 5))}`);
    assert.equal(bench.lines, [
      "status string200 m",
      `end ${length}`,
      `close false ${"z".repeat(Math.min(length, 5))}`,
    ]);
  });
}

test("a server that closes without an answer is an error, one that stops in the body is not", async () => {
  const { port } = await listen(
    net.createServer((peer) => {
      peer.once("data", (data) => {
        const cut = data.includes("/x?y=1") ? "" : "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
        peer.end(cut);
      });
    }),
  );
  goOnline(bench);
  bench.run(REQUEST(port, "GET", "{}", ""));
  await seen("error -15");
  bench.run(REQUEST(port, "GET", "{}", "").replace("/x?y=1", "/half"));
  await seen("close false half");
});

test("get() asks by address and needs no end()", async () => {
  const { port, seen: requests } = await serve((response) => response.end("hi"));
  goOnline(bench);
  bench.run(
    `require("http").get("http://127.0.0.1:${port}/path", function (r) { r.on("data", function (d) { print(d); }); });`,
  );
  await seen("hi");
  assert.equal([requests[0]?.method, requests[0]?.url], ["GET", "/path"]);
});

test("without a network a request throws as on the chip", () => {
  assert.match(bench.run(REQUEST(80, "GET", "{}", ""))[0]!, "InternalError: Unable to locate host");
  const world = createWorld({ ...HOME, up: false });
  assert.is(world.isUp(), false);
});
