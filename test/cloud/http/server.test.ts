// The server on real sockets: bytes that are no request, clients that are slow or giant, and an end that leaves nobody hanging
// [HTTP-1] [threat 24].
import { once } from "node:events";
import * as http from "node:http";
import * as net from "node:net";
import { pino } from "pino";
import * as assert from "uvu/assert";
import { createWallClock } from "../../../cloud/clock.ts";
import { type App, createApp, type HttpLimits, type HttpServer } from "../../../cloud/http/app.ts";
import { eventually } from "../../support/eventually.ts";
import { getRejection } from "../../support/rejection.ts";
import { suite } from "../../support/suite.ts";

const test = suite("http server");
const servers: HttpServer[] = [];

test.after.each(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(limits: Partial<HttpLimits> = {}, register: (app: App) => void = () => undefined) {
  const server = await createApp({
    log: pino({ level: "silent" }),
    clock: createWallClock(),
    findAccount: async () => null,
    frameAncestors: ["http://127.0.0.1:4700"],
    limits,
    register: [
      (app) => {
        app.get("/page", async (_request, reply) => reply.type("text/html; charset=utf-8").send("<p>page</p>"));
        app.post("/echo", async (request) => ({ got: request.body }));
        app.get("/never", () => new Promise(() => undefined));
      },
      register,
    ],
  });
  servers.push(server);
  const { port } = await server.start({ host: "127.0.0.1", port: 0 });
  return { server, port, base: `http://127.0.0.1:${port}` };
}

/** Send bytes, give the answer's text when the server has closed the connection. */
async function talk(port: number, bytes: string): Promise<string> {
  const socket = net.connect(port, "127.0.0.1");
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  // A reset is one way for the server to close.
  const closed = new Promise<void>((resolve) => socket.on("error", () => resolve()).on("close", () => resolve()));
  socket.write(bytes);
  await closed;
  socket.destroy();
  return text;
}

function problemIn(answer: string): { status: number; code: string } {
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
  const body = answer.slice(answer.indexOf("{"), answer.lastIndexOf("}") + 1);
  return { status, code: body === "" ? "" : JSON.parse(body).code };
}

const HEAD = "Host: h\r\nConnection: close\r\n";
const NO_REQUESTS: [what: string, bytes: string, status: number, code: string][] = [
  ["binary", "\u0000\u0001\u0002\u0003\r\n\r\n", 400, "bad-request"],
  ["an unknown method", `BREW / HTTP/1.1\r\n${HEAD}\r\n`, 400, "bad-request"],
  ["no host", "GET /page HTTP/1.1\r\nConnection: close\r\n\r\n", 400, "bad-request"],
  ["two lengths", `POST /echo HTTP/1.1\r\n${HEAD}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, 400, "bad-request"],
  [
    "length and chunks",
    `POST /echo HTTP/1.1\r\n${HEAD}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    400,
    "bad-request",
  ],
  ["headers of 20 kB", `GET /page HTTP/1.1\r\n${HEAD}X-Long: ${"x".repeat(20_000)}\r\n\r\n`, 431, "headers-too-large"],
  ["an address of 20 kB", `GET /${"x".repeat(20_000)} HTTP/1.1\r\n${HEAD}\r\n`, 431, "headers-too-large"],
  [
    "a length that lies",
    `POST /echo HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nContent-Length: 70000\r\n\r\n{}`,
    413,
    "body-too-large",
  ],
  ["a method that few know", `PROPFIND /page HTTP/1.1\r\n${HEAD}\r\n`, 404, "not-found"],
  ["TRACE", `TRACE /page HTTP/1.1\r\n${HEAD}\r\n`, 404, "not-found"],
  ["a whole address", `GET http://elsewhere/nothing HTTP/1.1\r\n${HEAD}\r\n`, 404, "not-found"],
  ["an asterisk", `OPTIONS * HTTP/1.1\r\n${HEAD}\r\n`, 404, "not-found"],
];
for (const [what, bytes, status, code] of NO_REQUESTS) {
  test(`${what} is answered ${status} ${code} and the connection is closed`, async () => {
    const { port, base } = await start();
    assert.equal(problemIn(await talk(port, bytes)), { status, code });
    assert.is((await fetch(`${base}/page`)).status, 200, "and the next is served");
  });
}

test("a client that never finishes its headers, or its body, is let go", async () => {
  const { port } = await start({ headersMs: 200, requestMs: 400 });
  const headers = await talk(port, "GET /page HTTP/1.1\r\nHost: h\r\nX-Slow: ");
  assert.equal(problemIn(headers), { status: 408, code: "request-timeout" });
  const body = await talk(
    port,
    `POST /echo HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nContent-Length: 5\r\n\r\n{`,
  );
  assert.equal(problemIn(body), { status: 408, code: "request-timeout" });
});

test("a client that connects and says nothing is let go", async () => {
  const { port } = await start({ idleMs: 200, headersMs: 200 });
  const begin = performance.now();
  await talk(port, "");
  assert.ok(performance.now() - begin < 5_000);
});

test("an answer that does not come is answered for", async () => {
  const { base } = await start({ handlerMs: 100 });
  const answer = await fetch(`${base}/never`);
  assert.is(answer.status, 503);
  const problem = (await answer.json()) as { code: string };
  assert.is(problem.code, "unavailable");
});

test("a body without end is refused at its limit, not kept", async () => {
  const { port } = await start();
  const request = http.request({
    port,
    host: "127.0.0.1",
    method: "POST",
    path: "/echo",
    headers: { "content-type": "application/json" },
  });
  request.on("error", () => request.destroy());
  const answered = once(request, "response");
  const block = Buffer.alloc(16 * 1024, "x");
  for (let i = 0; i < 8; i++) request.write(block);
  const [response] = (await answered) as [http.IncomingMessage];
  assert.is(response.statusCode, 413);
  response.resume();
  request.destroy();
});

test("giants by the dozen do not grow the process [threat 24]", async () => {
  const { port } = await start();
  const head = `POST /echo HTTP/1.1\r\n${HEAD}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const giant = `${head}${`10000\r\n${"x".repeat(0x10000)}\r\n`.repeat(32)}0\r\n\r\n`;
  const rss = () => process.memoryUsage().rss / 1024 / 1024;
  for (let i = 0; i < 10; i++) await talk(port, giant);
  const before = rss();
  for (let round = 0; round < 10; round++) await Promise.all(Array.from({ length: 6 }, () => talk(port, giant)));
  const growth = rss() - before;
  // 60 giants of 2 MB: kept, they would be 120 MB.
  assert.ok(growth < 40, `grew by ${growth.toFixed(1)} MB`);
});

test("pages may be framed by the configured origins, answers of the API by nobody; nothing is guessed or cached", async () => {
  const { base } = await start();
  const page = (await fetch(`${base}/page`)).headers;
  assert.match(String(page.get("content-security-policy")), /default-src 'self'/);
  assert.match(String(page.get("content-security-policy")), /frame-ancestors 'self' http:\/\/127\.0\.0\.1:4700$/);
  const problem = (await fetch(`${base}/nothing`)).headers;
  assert.is(problem.get("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
  for (const headers of [page, problem]) {
    assert.is(headers.get("x-content-type-options"), "nosniff");
    assert.is(headers.get("referrer-policy"), "same-origin");
    assert.is(headers.get("cache-control"), "no-store");
    assert.is(headers.get("access-control-allow-origin"), null);
  }
});

test("a port that is taken is told with its code", async () => {
  const { port } = await start();
  const second = await createApp({
    log: pino({ level: "silent" }),
    clock: createWallClock(),
    findAccount: async () => null,
    register: [],
  });
  servers.push(second);
  const error = await getRejection(second.start({ host: "127.0.0.1", port }));
  assert.is(error instanceof Error && "code" in error && error.code, "EADDRINUSE");
});

function addStream(app: App): void {
  app.get("/stream", (_request, reply) => {
    reply.hijack();
    reply.raw.writeHead(200, { "content-type": "text/event-stream" });
    reply.raw.write(": open\n\n");
  });
}

test("stopping ends live streams and idle connections at once", async () => {
  const { server, base } = await start({}, addStream);
  const streams = await Promise.all([fetch(`${base}/stream`), fetch(`${base}/stream`)]);
  await (await fetch(`${base}/page`)).text();
  const ended = Promise.all(streams.map((stream) => stream.text()));
  const begin = performance.now();
  await server.stop();
  assert.equal(await ended, [": open\n\n", ": open\n\n"]);
  assert.ok(performance.now() - begin < 1_000, "nobody had to be waited for");
});

test("stopping does not wait for a connection that was opened in advance and has asked nothing", async () => {
  const { server, port } = await start();
  const early = net.connect({ port, host: "127.0.0.1" });
  await once(early, "connect");
  const closed = once(early, "close");
  const begin = performance.now();
  await server.stop();
  await closed;
  assert.ok(performance.now() - begin < 1_000);
});

test("stopping lets a request under way finish, and takes no new one", async () => {
  let finish: () => void = () => undefined;
  const { server, base } = await start({}, (app) => {
    app.get("/slow", async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return { done: true };
    });
  });
  const slow = fetch(`${base}/slow`);
  const begun = finish;
  await eventually(() => finish !== begun, { withinMs: 2_000, because: "the slow request is under way" });
  const stopped = server.stop();
  await eventually(async () => (await fetch(`${base}/page`).catch(() => null)) === null, {
    withinMs: 2_000,
    because: "new connections are refused",
  });
  finish();
  const answer = await slow;
  assert.equal([answer.status, await answer.json()], [200, { done: true }]);
  assert.is(answer.headers.get("connection"), "close");
  await stopped;
});

test("stopping does not wait for ever", async () => {
  let begun = false;
  const { server, base } = await start({ stopMs: 100 }, (app) => {
    app.get("/endless", () => {
      begun = true;
      return new Promise(() => undefined);
    });
  });
  const endless = getRejection(fetch(`${base}/endless`));
  await eventually(() => begun, { withinMs: 2_000, because: "the request that never ends is under way" });
  const begin = performance.now();
  await server.stop();
  assert.ok(performance.now() - begin < 3_000);
  assert.instance(await endless, Error);
});
